/**
 * Keys of roles, registration, the metadata log and its quorum (Kafka: KRaftConfigs, MetadataLogConfig, QuorumConfig).
 *
 * There is no ZooKeeper mode, hence no key of it.
 */
import { boolean, int, list, long, longMax, required, string } from '../config-spec.ts';

export const kraftConfigs = {
  'broker.heartbeat.interval.ms': int(2000, { doc: 'How often a broker tells the controller that it lives.' }),
  'broker.session.timeout.ms': int(9000, { doc: 'A broker silent for this long is fenced.' }),
  'controller.listener.names': list(required, {
    importance: 'high',
    doc: 'Names of the listeners that controllers use.',
  }),
  'controller.performance.always.log.threshold.ms': long(2000, {
    min: 0,
    internal: true,
    doc: 'Controller events slower than this are logged.',
  }),
  'controller.performance.sample.period.ms': long(60_000, {
    min: 100,
    internal: true,
    doc: 'How often the controller reports its slowest event.',
  }),
  'initial.broker.registration.timeout.ms': int(60_000, {
    doc: 'How long a starting broker tries to register before it gives up.',
  }),
  'node.id': int(required, { min: 0, importance: 'high', doc: "This node's id, unique in the cluster." }),
  'process.roles': list(required, {
    oneOf: ['broker', 'controller'],
    importance: 'high',
    doc: 'What this process is: broker, controller or both.',
  }),
  'sasl.mechanism.controller.protocol': string('GSSAPI', {
    importance: 'high',
    doc: 'The SASL mechanism towards controllers.',
  }),
  'server.max.startup.time.ms': long(longMax, {
    min: 0,
    internal: true,
    doc: 'How long a start may take before it counts as failed.',
  }),
  'internal.metadata.delete.delay.millis': long(60_000, {
    importance: 'low',
    internal: true,
    doc: 'How long removed files of the metadata log are kept.',
  }),
  'internal.metadata.log.segment.bytes': int(null, {
    importance: 'low',
    internal: true,
    doc: 'Segment size of the metadata log, for tests.',
  }),
  'internal.metadata.max.batch.size.in.bytes': int(8_388_608, {
    importance: 'low',
    internal: true,
    doc: 'The largest batch of the metadata log.',
  }),
  'metadata.log.dir': string(null, {
    importance: 'high',
    doc: 'Where the metadata log lives; the first log directory unless set.',
  }),
  'metadata.log.max.record.bytes.between.snapshots': long(20_971_520, {
    min: 1,
    importance: 'high',
    doc: 'Bytes of metadata after which a snapshot is written.',
  }),
  'metadata.log.max.snapshot.interval.ms': long(3_600_000, {
    min: 0,
    importance: 'high',
    doc: 'Time after which a snapshot is written; 0 is never by time.',
  }),
  'metadata.log.segment.bytes': int(1_073_741_824, {
    min: 8_388_608,
    importance: 'high',
    doc: 'Segment size of the metadata log.',
  }),
  'metadata.log.segment.ms': long(604_800_000, {
    importance: 'high',
    doc: 'Age at which the metadata log rolls its segment.',
  }),
  'metadata.max.idle.interval.ms': int(500, {
    min: 0,
    importance: 'low',
    doc: 'How often an idle controller appends a no-op; 0 is never.',
  }),
  'metadata.max.retention.bytes': long(104_857_600, {
    importance: 'high',
    doc: 'Metadata log and snapshots beyond this size are removed.',
  }),
  'metadata.max.retention.ms': long(604_800_000, {
    importance: 'high',
    doc: 'Metadata log and snapshots older than this are removed.',
  }),
  'controller.quorum.append.linger.ms': int(25, {
    min: 0,
    doc: "How long the quorum's leader collects records before it appends them.",
  }),
  'controller.quorum.auto.join.enable': boolean(false, {
    importance: 'low',
    doc: 'A controller adds itself to the voters when it starts.',
  }),
  'controller.quorum.bootstrap.servers': list([], {
    importance: 'high',
    doc: 'Where to find the quorum, as host:port.',
  }),
  'controller.quorum.election.backoff.max.ms': int(1000, {
    min: 0,
    importance: 'high',
    doc: 'The longest pause after a lost election.',
  }),
  'controller.quorum.election.timeout.ms': int(1000, {
    min: 0,
    importance: 'high',
    doc: 'How long a candidate waits for votes.',
  }),
  'controller.quorum.fetch.max.bytes': int(1_048_576, {
    min: 1,
    importance: 'low',
    doc: 'The most that one fetch of the metadata log answers.',
  }),
  'controller.quorum.fetch.snapshot.max.bytes': int(1_048_576, {
    min: 1,
    importance: 'low',
    doc: 'The most that one FetchSnapshot answers.',
  }),
  'controller.quorum.fetch.timeout.ms': int(2000, {
    min: 0,
    importance: 'high',
    doc: 'Without a fetch for this long, followers elect and a leader resigns.',
  }),
  'controller.quorum.request.timeout.ms': int(2000, { min: 0, doc: 'How long a request within the quorum may take.' }),
  'controller.quorum.retry.backoff.ms': int(20, {
    min: 0,
    importance: 'low',
    doc: 'Pause before a request within the quorum is repeated.',
  }),
  'controller.quorum.voters': list([], { importance: 'high', doc: 'The static quorum, as id@host:port.' }),
};
