/**
 * Keys of classic groups, of the group coordinator and of __consumer_offsets (Kafka: GroupCoordinatorConfig).
 *
 * Codecs are numbers here, as in Kafka.
 */
import { int, intMax, list, long, short } from '../config-spec.ts';

export const groupCoordinatorConfigs = {
  'group.coordinator.append.linger.ms': int(-1, {
    min: -1,
    doc: 'How long the coordinator collects records; -1 adapts.',
  }),
  'group.coordinator.background.threads': int(2, {
    min: 1,
    importance: 'high',
    ignored: true,
    doc: 'Threads for background work; there is one event loop here.',
  }),
  'group.coordinator.cached.buffer.max.bytes': int(1_048_588, {
    min: 524_288,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Write buffers that the coordinator keeps.',
  }),
  'group.coordinator.rebalance.protocols': list(['classic', 'consumer', 'streams'], {
    oneOf: ['consumer', 'classic', 'share', 'streams'],
    doc: 'Which group protocols are offered.',
  }),
  'group.coordinator.threads': int(4, {
    min: 1,
    importance: 'high',
    ignored: true,
    doc: 'Coordinator threads; there is one event loop here.',
  }),
  'group.initial.rebalance.delay.ms': int(3000, {
    doc: 'How long the first rebalance of a group waits for more members.',
  }),
  'group.max.session.timeout.ms': int(1_800_000, { doc: 'The longest session timeout of classic members.' }),
  'group.max.size': int(intMax, { min: 1, doc: 'The most members of a classic group.' }),
  'group.min.session.timeout.ms': int(6000, { doc: 'The shortest session timeout of classic members.' }),
  'offset.metadata.max.bytes': int(4096, {
    importance: 'high',
    doc: 'The longest text that may be committed with an offset.',
  }),
  'offsets.commit.timeout.ms': int(5000, {
    min: 1,
    importance: 'high',
    doc: 'How long an offset commit waits for its replicas.',
  }),
  'offsets.load.buffer.size': int(5_242_880, {
    min: 1,
    importance: 'high',
    doc: 'Bytes read at a time when group state is loaded.',
  }),
  'offsets.retention.check.interval.ms': long(600_000, {
    min: 1,
    importance: 'high',
    doc: 'How often expired offsets are looked for.',
  }),
  'offsets.retention.minutes': int(10_080, {
    min: 1,
    importance: 'high',
    doc: "How long offsets outlive their group's last member.",
  }),
  'offsets.topic.compression.codec': int(0, {
    importance: 'high',
    doc: 'Codec of __consumer_offsets: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.',
  }),
  'offsets.topic.num.partitions': int(50, { min: 1, importance: 'high', doc: 'Partitions of __consumer_offsets.' }),
  'offsets.topic.replication.factor': short(3, { min: 1, importance: 'high', doc: 'Replicas of __consumer_offsets.' }),
  'offsets.topic.segment.bytes': int(104_857_600, {
    min: 1,
    importance: 'high',
    doc: 'Segment size of __consumer_offsets.',
  }),
};
