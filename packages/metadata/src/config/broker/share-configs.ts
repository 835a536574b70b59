/**
 * Keys of share partitions and their coordinator (Kafka: ShareGroupConfig, ShareCoordinatorConfig; KIP-932).
 *
 * The min and max keys bound what a group may set for itself (group-configs.ts).
 */
import { int, short, string } from '../config-spec.ts';

export const shareConfigs = {
  'group.share.delivery.count.limit': int(5, {
    min: 2,
    max: 10,
    doc: 'How often a record is delivered to a share group at most.',
  }),
  'group.share.max.delivery.count.limit': int(10, {
    min: 5,
    max: 25,
    doc: 'The highest delivery count limit that a group may set.',
  }),
  'group.share.max.partition.max.record.locks': int(4000, {
    min: 2000,
    max: 10_000,
    doc: 'The most record locks that a group may set.',
  }),
  'group.share.max.record.lock.duration.ms': int(60_000, {
    min: 30_000,
    max: 3_600_000,
    doc: 'The longest record lock that a group may set.',
  }),
  'group.share.max.share.sessions': int(2000, { min: 1, doc: 'The most share sessions of a broker.' }),
  'group.share.min.delivery.count.limit': int(2, {
    min: 2,
    max: 5,
    doc: 'The lowest delivery count limit that a group may set.',
  }),
  'group.share.min.partition.max.record.locks': int(100, {
    min: 100,
    max: 2000,
    doc: 'The fewest record locks that a group may set.',
  }),
  'group.share.min.record.lock.duration.ms': int(15_000, {
    min: 1000,
    max: 30_000,
    doc: 'The shortest record lock that a group may set.',
  }),
  'group.share.partition.max.record.locks': int(2000, {
    min: 100,
    max: 10_000,
    doc: 'Records of a share partition that may be in flight.',
  }),
  'group.share.persister.class.name': string('org.apache.kafka.server.share.persister.DefaultStatePersister', {
    ignored: true,
    internal: true,
    doc: 'Plug-in that stores share state.',
  }),
  'group.share.record.lock.duration.ms': int(30_000, {
    min: 1000,
    max: 3_600_000,
    doc: 'How long a record is locked for the consumer that got it.',
  }),
  'share.fetch.purgatory.purge.interval.requests': int(1000, {
    ignored: true,
    doc: 'Bookkeeping of waiting requests.',
  }),
  'share.coordinator.append.linger.ms': int(-1, {
    min: -1,
    doc: 'How long the coordinator collects records; -1 adapts.',
  }),
  'share.coordinator.cached.buffer.max.bytes': int(1_048_588, {
    min: 524_288,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Write buffers that the coordinator keeps.',
  }),
  'share.coordinator.cold.partition.snapshot.interval.ms': int(300_000, {
    min: 1,
    importance: 'low',
    internal: true,
    doc: 'How often idle share partitions are written in full.',
  }),
  'share.coordinator.load.buffer.size': int(5_242_880, {
    min: 1,
    importance: 'high',
    doc: 'Bytes read at a time when share state is loaded.',
  }),
  'share.coordinator.snapshot.update.records.per.snapshot': int(500, {
    min: 0,
    max: 500,
    doc: 'Update records between two full ones.',
  }),
  'share.coordinator.state.topic.compression.codec': int(0, {
    importance: 'high',
    doc: 'Codec of the share state topic: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  }),
  'share.coordinator.state.topic.min.isr': short(2, {
    min: 1,
    importance: 'high',
    doc: 'min.insync.replicas of the share state topic.',
  }),
  'share.coordinator.state.topic.num.partitions': int(50, {
    min: 1,
    importance: 'high',
    doc: 'Partitions of the share state topic.',
  }),
  'share.coordinator.state.topic.prune.interval.ms': int(300_000, {
    min: 1,
    importance: 'low',
    internal: true,
    doc: 'How often the share state topic is cut.',
  }),
  'share.coordinator.state.topic.replication.factor': short(3, {
    min: 1,
    importance: 'high',
    doc: 'Replicas of the share state topic.',
  }),
  'share.coordinator.state.topic.segment.bytes': int(104_857_600, {
    min: 1,
    importance: 'high',
    doc: 'Segment size of the share state topic.',
  }),
  'share.coordinator.threads': int(1, {
    min: 1,
    ignored: true,
    doc: 'Coordinator threads; there is one event loop here.',
  }),
  'share.coordinator.write.timeout.ms': int(5000, {
    min: 1,
    importance: 'high',
    doc: 'How long a write of share state waits for its replicas.',
  }),
};
