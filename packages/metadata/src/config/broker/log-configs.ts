/**
 * Keys of partition logs and their cleaner (Kafka: LogConfig's server part, CleanerConfig).
 *
 * Most are the defaults of topic keys: topic-configs.ts names them as synonyms.
 */
import { boolean, className, double, doubleMax, int, list, long, longMax, string } from '../config-spec.ts';

export const logConfigs = {
  'alter.config.policy.class.name': className(null, {
    importance: 'low',
    ignored: true,
    doc: 'Plug-in that may refuse config changes.',
  }),
  'auto.create.topics.enable': boolean(true, { importance: 'high', doc: 'Create topics that clients ask for.' }),
  'cordoned.log.dirs': list([], { update: 'per-broker', doc: 'Log directories that get no new replicas.' }),
  'create.topic.policy.class.name': className(null, {
    importance: 'low',
    ignored: true,
    doc: 'Plug-in that may refuse new topics.',
  }),
  'log.cleanup.policy': list(['delete'], {
    oneOf: ['compact', 'delete'],
    update: 'cluster-wide',
    doc: 'delete removes old segments, compact keeps the last value of each key.',
  }),
  'log.dir': list(['/tmp/kafka-logs'], { importance: 'high', doc: 'The log directory, where log.dirs is not given.' }),
  'log.dir.failure.timeout.ms': long(30_000, {
    min: 1,
    importance: 'low',
    doc: 'A broker that cannot report a failed log directory for this long stops.',
  }),
  'log.dirs': list(null, { importance: 'high', doc: 'The log directories.' }),
  'log.flush.interval.messages': long(longMax, {
    min: 1,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Records after which a log is synced to disk.',
  }),
  'log.flush.interval.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Time after which a log is synced to disk.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int(60_000, {
    min: 0,
    importance: 'high',
    doc: 'How often recovery points are saved.',
  }),
  'log.flush.scheduler.interval.ms': long(longMax, {
    importance: 'high',
    doc: 'How often logs are looked at for syncing.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int(60_000, {
    min: 0,
    importance: 'high',
    doc: 'How often log start offsets are saved.',
  }),
  'log.index.interval.bytes': int(4096, {
    min: 0,
    update: 'cluster-wide',
    doc: 'Bytes of log between two index entries.',
  }),
  'log.index.size.max.bytes': int(10_485_760, {
    min: 4,
    update: 'cluster-wide',
    doc: 'The largest size of an index file.',
  }),
  'log.initial.task.delay.ms': long(30_000, {
    min: 0,
    importance: 'low',
    internal: true,
    doc: 'Pause before background work on logs begins.',
  }),
  'log.message.timestamp.after.max.ms': long(3_600_000, {
    min: 0,
    update: 'cluster-wide',
    doc: "How far ahead of the broker's clock a record's time may be.",
  }),
  'log.message.timestamp.before.max.ms': long(longMax, {
    min: 0,
    update: 'cluster-wide',
    doc: "How far behind the broker's clock a record's time may be.",
  }),
  'log.message.timestamp.type': string('CreateTime', {
    oneOf: ['CreateTime', 'LogAppendTime'],
    update: 'cluster-wide',
    doc: "Whether a record's time is the producer's or that of its append.",
  }),
  'log.preallocate': boolean(false, { update: 'cluster-wide', ignored: true, doc: 'Allocate segment files ahead.' }),
  'log.retention.bytes': long(-1, {
    importance: 'high',
    update: 'cluster-wide',
    doc: "A partition's size above which old segments go; -1 is no limit.",
  }),
  'log.retention.check.interval.ms': long(300_000, { min: 1, doc: 'How often retention is enforced.' }),
  'log.retention.hours': int(168, { importance: 'high', doc: 'Age at which segments go, in hours.' }),
  'log.retention.minutes': int(null, {
    importance: 'high',
    doc: 'Age at which segments go, in minutes; before the hours.',
  }),
  'log.retention.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Age at which segments go; before minutes and hours. -1 is never.',
  }),
  'log.roll.hours': int(168, { min: 1, importance: 'high', doc: 'Age at which a segment is rolled, in hours.' }),
  'log.roll.jitter.hours': int(0, {
    min: 0,
    importance: 'high',
    doc: 'Random part taken off the roll time, in hours.',
  }),
  'log.roll.jitter.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Random part taken off the roll time; before the hours.',
  }),
  'log.roll.ms': long(null, {
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Age at which a segment is rolled; before the hours.',
  }),
  'log.segment.bytes': int(1_073_741_824, {
    min: 1_048_576,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'The size of a segment file.',
  }),
  'log.segment.delete.delay.ms': long(60_000, {
    min: 0,
    importance: 'high',
    update: 'cluster-wide',
    doc: "How long a removed segment's files are kept.",
  }),
  'min.insync.replicas': int(1, {
    min: 1,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'In-sync replicas without which acks=all is refused.',
  }),
  'num.partitions': int(1, { min: 1, doc: 'Partitions of topics that are created without a number.' }),
  'num.recovery.threads.per.data.dir': int(2, {
    min: 1,
    importance: 'high',
    update: 'cluster-wide',
    doc: 'Logs per directory recovered at a time.',
  }),
  'log.cleaner.backoff.ms': long(15_000, {
    min: 0,
    update: 'cluster-wide',
    doc: 'Pause of the cleaner when there is nothing to clean.',
  }),
  'log.cleaner.dedupe.buffer.size': long(134_217_728, {
    update: 'cluster-wide',
    doc: 'Memory for the key map of compaction.',
  }),
  'log.cleaner.delete.retention.ms': long(86_400_000, {
    min: 0,
    update: 'cluster-wide',
    doc: 'How long tombstones outlive compaction.',
  }),
  'log.cleaner.enable': boolean(true, { doc: 'Whether compacted topics are compacted.' }),
  'log.cleaner.io.buffer.load.factor': double(0.9, { update: 'cluster-wide', doc: 'How full the key map may get.' }),
  'log.cleaner.io.buffer.size': int(524_288, {
    min: 0,
    update: 'cluster-wide',
    doc: 'Buffer for reading and writing while compacting.',
  }),
  'log.cleaner.io.max.bytes.per.second': double(doubleMax, {
    update: 'cluster-wide',
    doc: 'The most that compaction reads and writes per second.',
  }),
  'log.cleaner.max.compaction.lag.ms': long(longMax, {
    min: 1,
    update: 'cluster-wide',
    doc: 'A record may stay uncompacted no longer than this.',
  }),
  'log.cleaner.min.cleanable.ratio': double(0.5, {
    min: 0,
    max: 1,
    update: 'cluster-wide',
    doc: 'Share of uncleaned bytes from which a log is compacted.',
  }),
  'log.cleaner.min.compaction.lag.ms': long(0, {
    min: 0,
    update: 'cluster-wide',
    doc: 'A record stays uncompacted at least this long.',
  }),
  'log.cleaner.threads': int(1, {
    min: 0,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Cleaner threads; compaction runs in slices here.',
  }),
};
