/**
 * Keys of topics (Kafka: LogConfig), each with the broker keys that supply its default, in order of priority.
 *
 * flush.before.ack is Tidelog's own: an acknowledged record is on stable storage of every replica that acknowledged it.
 */
import { boolean, double, int, list, long, longMax, string, synonym } from './config-spec.ts';

const minute = 60_000;
const hour = 60 * minute;

export const topicSpecs = {
  'cleanup.policy': list(['delete'], {
    oneOf: ['compact', 'delete'],
    synonyms: [synonym('log.cleanup.policy')],
    doc: 'delete removes old segments, compact keeps the last value of each key; empty keeps all.',
  }),
  'compression.gzip.level': int(-1, {
    min: 1,
    max: 9,
    or: [-1],
    synonyms: [synonym('compression.gzip.level')],
    doc: 'Level of gzip where the broker compresses.',
  }),
  'compression.lz4.level': int(9, {
    min: 1,
    max: 17,
    synonyms: [synonym('compression.lz4.level')],
    doc: 'Level of lz4 where the broker compresses.',
  }),
  'compression.type': string('producer', {
    oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
    synonyms: [synonym('compression.type')],
    doc: 'The codec of stored batches; producer keeps what was sent.',
  }),
  'compression.zstd.level': int(3, {
    min: -131_072,
    max: 22,
    synonyms: [synonym('compression.zstd.level')],
    doc: 'Level of zstd where the broker compresses.',
  }),
  'delete.retention.ms': long(86_400_000, {
    min: 0,
    synonyms: [synonym('log.cleaner.delete.retention.ms')],
    doc: 'How long tombstones outlive compaction.',
  }),
  'file.delete.delay.ms': long(60_000, {
    min: 0,
    synonyms: [synonym('log.segment.delete.delay.ms')],
    doc: "How long a removed segment's files are kept.",
  }),
  'flush.before.ack': boolean(false, {
    synonyms: [synonym('log.flush.before.ack')],
    doc: 'Acknowledge a record only when it is on stable storage, not just in page caches.',
  }),
  'flush.messages': long(longMax, {
    min: 1,
    synonyms: [synonym('log.flush.interval.messages')],
    doc: 'Records after which the log is synced to disk.',
  }),
  'flush.ms': long(longMax, {
    min: 0,
    synonyms: [synonym('log.flush.interval.ms'), synonym('log.flush.scheduler.interval.ms')],
    doc: 'Time after which the log is synced to disk.',
  }),
  'follower.replication.throttled.replicas': list([], {
    validator: { kind: 'throttledReplicas' },
    doc: 'Replicas whose incoming replication is throttled.',
  }),
  'index.interval.bytes': int(4096, {
    min: 0,
    synonyms: [synonym('log.index.interval.bytes')],
    doc: 'Bytes of log between two index entries.',
  }),
  'internal.segment.bytes': int(null, { internal: true, doc: 'Segment size below the usual limit, for tests.' }),
  'leader.replication.throttled.replicas': list([], {
    validator: { kind: 'throttledReplicas' },
    doc: 'Replicas whose outgoing replication is throttled.',
  }),
  'local.retention.bytes': long(-2, {
    min: -2,
    synonyms: [synonym('log.local.retention.bytes')],
    ignored: true,
    doc: 'Part of tiered storage.',
  }),
  'local.retention.ms': long(-2, {
    min: -2,
    synonyms: [synonym('log.local.retention.ms')],
    ignored: true,
    doc: 'Part of tiered storage.',
  }),
  'max.compaction.lag.ms': long(longMax, {
    min: 1,
    synonyms: [synonym('log.cleaner.max.compaction.lag.ms')],
    doc: 'A record may stay uncompacted no longer than this.',
  }),
  'max.message.bytes': int(1_048_588, {
    min: 0,
    synonyms: [synonym('message.max.bytes')],
    doc: 'The largest record batch that is accepted, after compression.',
  }),
  'message.timestamp.after.max.ms': long(3_600_000, {
    min: 0,
    synonyms: [synonym('log.message.timestamp.after.max.ms')],
    doc: "How far ahead of the broker's clock a record's time may be.",
  }),
  'message.timestamp.before.max.ms': long(longMax, {
    min: 0,
    synonyms: [synonym('log.message.timestamp.before.max.ms')],
    doc: "How far behind the broker's clock a record's time may be.",
  }),
  'message.timestamp.type': string('CreateTime', {
    oneOf: ['CreateTime', 'LogAppendTime'],
    synonyms: [synonym('log.message.timestamp.type')],
    doc: "Whether a record's time is the producer's or that of its append.",
  }),
  'min.cleanable.dirty.ratio': double(0.5, {
    min: 0,
    max: 1,
    synonyms: [synonym('log.cleaner.min.cleanable.ratio')],
    doc: 'Share of uncleaned bytes from which the log is compacted.',
  }),
  'min.compaction.lag.ms': long(0, {
    min: 0,
    synonyms: [synonym('log.cleaner.min.compaction.lag.ms')],
    doc: 'A record stays uncompacted at least this long.',
  }),
  'min.insync.replicas': int(1, {
    min: 1,
    synonyms: [synonym('min.insync.replicas')],
    doc: 'In-sync replicas without which acks=all is refused.',
  }),
  preallocate: boolean(false, {
    synonyms: [synonym('log.preallocate')],
    ignored: true,
    doc: 'Allocate segment files ahead.',
  }),
  'remote.log.copy.disable': boolean(false, { ignored: true, doc: 'Part of tiered storage.' }),
  'remote.log.delete.on.disable': boolean(false, { ignored: true, doc: 'Part of tiered storage.' }),
  'remote.storage.enable': boolean(false, { ignored: true, doc: 'Part of tiered storage, which is not offered.' }),
  'retention.bytes': long(-1, {
    synonyms: [synonym('log.retention.bytes')],
    doc: "The partition's size above which old segments go; -1 is no limit.",
  }),
  'retention.ms': long(604_800_000, {
    min: -1,
    synonyms: [
      synonym('log.retention.ms'),
      synonym('log.retention.minutes', minute),
      synonym('log.retention.hours', hour),
    ],
    doc: 'Age at which segments go; -1 is never.',
  }),
  'segment.bytes': int(1_073_741_824, {
    min: 1_048_576,
    synonyms: [synonym('log.segment.bytes')],
    doc: 'The size of a segment file.',
  }),
  'segment.index.bytes': int(10_485_760, {
    min: 4,
    synonyms: [synonym('log.index.size.max.bytes')],
    doc: 'The largest size of an index file.',
  }),
  'segment.jitter.ms': long(0, {
    min: 0,
    synonyms: [synonym('log.roll.jitter.ms'), synonym('log.roll.jitter.hours', hour)],
    doc: 'Random part taken off the roll time.',
  }),
  'segment.ms': long(604_800_000, {
    min: 1,
    synonyms: [synonym('log.roll.ms'), synonym('log.roll.hours', hour)],
    doc: 'Age at which a segment is rolled.',
  }),
  'unclean.leader.election.enable': boolean(false, {
    synonyms: [synonym('unclean.leader.election.enable')],
    doc: 'Whether a replica outside the ISR may lead when no other can; loses data.',
  }),
};
