/**
 * Keys of replication and of leadership (Kafka: ReplicationConfigs).
 *
 * The purgatories of Kafka have no counterpart: their keys are accepted without a meaning.
 */
import { boolean, int, long, string } from '../config-spec.ts';

export const replicationConfigs = {
  'auto.leader.rebalance.enable': boolean(true, {
    importance: 'high',
    doc: 'Move leaderships back to preferred replicas by and by.',
  }),
  'controller.socket.timeout.ms': int(30_000, { doc: 'How long a request to the controller may take.' }),
  'default.replication.factor': int(1, { doc: 'Replicas of topics that are created without a number.' }),
  'delete.records.purgatory.purge.interval.requests': int(1, {
    ignored: true,
    doc: 'Bookkeeping of waiting requests.',
  }),
  'fetch.purgatory.purge.interval.requests': int(1000, { ignored: true, doc: 'Bookkeeping of waiting requests.' }),
  'follower.fetch.last.tiered.offset.enable': boolean(false, {
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage.',
  }),
  'inter.broker.listener.name': string(null, { doc: 'The listener that brokers use among themselves.' }),
  'leader.imbalance.check.interval.seconds': long(300, {
    min: 1,
    importance: 'high',
    doc: 'How often leaderships are checked for balance.',
  }),
  'num.replica.fetchers': int(1, {
    min: 1,
    importance: 'high',
    update: 'cluster-wide',
    ignored: true,
    doc: 'Fetcher threads per source broker; one connection per leader is used.',
  }),
  'producer.purgatory.purge.interval.requests': int(1000, { ignored: true, doc: 'Bookkeeping of waiting requests.' }),
  'replica.fetch.backoff.ms': int(1000, { min: 0, doc: "Pause of a partition's replication after an error." }),
  'replica.fetch.max.bytes': int(1_048_576, { min: 0, doc: "Bytes of one partition in a follower's fetch." }),
  'replica.fetch.min.bytes': int(1, { importance: 'high', doc: "Bytes for which a follower's fetch waits." }),
  'replica.fetch.response.max.bytes': int(10_485_760, { min: 0, doc: "Bytes of a whole follower's fetch." }),
  'replica.fetch.wait.max.ms': int(500, { importance: 'high', doc: "How long a follower's fetch waits." }),
  'replica.high.watermark.checkpoint.interval.ms': long(5000, {
    importance: 'high',
    doc: 'How often high watermarks are saved.',
  }),
  'replica.lag.time.max.ms': long(30_000, {
    importance: 'high',
    doc: 'A follower not caught up for this long leaves the ISR.',
  }),
  'replica.selector.class': string(null, { doc: 'How the replica that a consumer reads from is chosen.' }),
  'replica.socket.receive.buffer.bytes': int(65_536, {
    importance: 'high',
    ignored: true,
    doc: "Socket buffer size; the system's default is used.",
  }),
  'replica.socket.timeout.ms': int(30_000, {
    importance: 'high',
    doc: "How long a follower's fetch may take on the network.",
  }),
  'security.inter.broker.protocol': string('PLAINTEXT', {
    oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    doc: 'The security protocol among brokers, where no listener is named.',
  }),
  'unclean.leader.election.enable': boolean(false, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Whether a replica outside the ISR may lead when no other can; loses data.',
  }),
  'unclean.leader.election.interval.ms': long(300_000, {
    min: 1,
    internal: true,
    doc: 'How often leaderless partitions are looked at for an unclean election.',
  }),
};
