/**
 * Keys of the server as a whole (Kafka: ServerConfigs).
 *
 * max.request.partition.size.limit and the fetch caps bound what one request may cost.
 */
import { boolean, int, list, long, string } from '../config-spec.ts';

export const serverConfigs = {
  'authorizer.class.name': string('', {
    importance: 'low',
    doc: 'Which authorizer decides; empty allows everything to everyone.',
  }),
  'background.threads': int(10, {
    min: 1,
    importance: 'high',
    update: 'cluster-wide',
    ignored: true,
    doc: 'Threads for background work; there is one event loop here.',
  }),
  'broker.id': int(-1, { importance: 'high', doc: 'The older name of node.id; must equal it where both are given.' }),
  'broker.rack': string(null, { doc: 'The rack that replica placement and nearest-replica reads go by.' }),
  'compression.gzip.level': int(-1, {
    min: 1,
    max: 9,
    or: [-1],
    update: 'cluster-wide',
    doc: 'Level of gzip where the broker compresses.',
  }),
  'compression.lz4.level': int(9, {
    min: 1,
    max: 17,
    update: 'cluster-wide',
    doc: 'Level of lz4 where the broker compresses.',
  }),
  'compression.type': string('producer', {
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    importance: 'high',
    update: 'cluster-wide',
    doc: 'The codec of stored batches; producer keeps what was sent.',
  }),
  'compression.zstd.level': int(3, {
    min: -131_072,
    max: 22,
    update: 'cluster-wide',
    doc: 'Level of zstd where the broker compresses.',
  }),
  'config.providers': list([], {
    importance: 'low',
    update: 'cluster-wide',
    ignored: true,
    doc: 'Plug-ins that look up values of other keys.',
  }),
  'controlled.shutdown.enable': boolean(true, { doc: 'Hand over leaderships before stopping.' }),
  'delete.topic.enable': boolean(true, { importance: 'high', doc: 'Whether topics can be deleted.' }),
  'early.start.listeners': list(null, {
    importance: 'high',
    doc: 'Listeners that open before the node is ready; the controller ones unless set.',
  }),
  'fetch.max.bytes': int(57_671_680, {
    min: 1024,
    doc: 'The most that one fetch answers, whatever the client asks for.',
  }),
  'max.incremental.fetch.session.cache.slots': int(1000, {
    min: 0,
    doc: 'How many incremental fetch sessions are kept.',
  }),
  'max.request.partition.size.limit': int(2000, {
    min: 1,
    doc: 'The most partitions that one DescribeTopicPartitions answers.',
  }),
  'message.max.bytes': int(1_048_588, {
    min: 0,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'The largest record batch that is accepted, after compression.',
  }),
  'num.io.threads': int(8, {
    min: 1,
    importance: 'high',
    update: 'cluster-wide',
    ignored: true,
    doc: 'Request threads; there is one event loop here.',
  }),
  'num.replica.alter.log.dirs.threads': int(null, {
    importance: 'high',
    ignored: true,
    doc: 'Threads that move replicas between log directories.',
  }),
  'request.timeout.ms': int(30_000, {
    importance: 'high',
    doc: 'How long a request of this node to another may take.',
  }),
  'socket.connection.setup.timeout.max.ms': long(30_000, {
    doc: 'The longest time to set up a connection after repeated failures.',
  }),
  'socket.connection.setup.timeout.ms': long(10_000, { doc: 'How long setting up a connection may take at first.' }),
  'unstable.api.versions.enable': boolean(false, {
    importance: 'high',
    internal: true,
    doc: 'Also advertise versions of APIs that are not stable yet.',
  }),
  'unstable.feature.versions.enable': boolean(false, {
    importance: 'high',
    internal: true,
    doc: 'Also allow feature levels that are not stable yet.',
  }),
};
