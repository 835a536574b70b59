/**
 * Keys of quotas, throttles and metrics (Kafka: QuotaConfig, MetricConfigs, and the dynamic throttle rates).
 *
 * Metrics are served at /metrics; the keys of JVM reporters are accepted without a meaning.
 */
import { className, int, list, long, longMax, string } from '../config-spec.ts';

export const quotaAndMetricConfigs = {
  'kafka.metrics.polling.interval.secs': int(10, {
    min: 1,
    importance: 'low',
    ignored: true,
    doc: 'Interval of JVM metrics reporters.',
  }),
  'kafka.metrics.reporters': list([], { importance: 'low', ignored: true, doc: 'JVM metrics reporters.' }),
  'metric.reporters': list(['org.apache.kafka.common.metrics.JmxReporter'], {
    importance: 'low',
    update: 'cluster-wide',
    ignored: true,
    doc: 'JVM metrics reporters; metrics are at /metrics here.',
  }),
  'metrics.num.samples': int(2, { min: 1, importance: 'low', ignored: true, doc: 'Samples kept per metric.' }),
  'metrics.recording.level': string('INFO', {
    importance: 'low',
    ignored: true,
    doc: 'Level of the metrics that are recorded.',
  }),
  'metrics.sample.window.ms': long(30_000, {
    min: 1,
    importance: 'low',
    ignored: true,
    doc: "Length of a metric's sample.",
  }),
  'telemetry.max.bytes': int(1_048_576, {
    min: 1,
    importance: 'low',
    doc: 'The largest telemetry payload that a client may push.',
  }),
  'alter.log.dirs.replication.quota.window.num': int(11, {
    min: 1,
    importance: 'low',
    doc: 'Samples kept for the quota on moves between log directories.',
  }),
  'alter.log.dirs.replication.quota.window.size.seconds': int(1, {
    min: 1,
    importance: 'low',
    doc: 'Length of such a sample.',
  }),
  'client.quota.callback.class': className(null, {
    importance: 'low',
    ignored: true,
    doc: 'Plug-in that computes quotas.',
  }),
  'controller.quota.window.num': int(11, {
    min: 1,
    importance: 'low',
    doc: 'Samples kept for the quota on controller mutations.',
  }),
  'controller.quota.window.size.seconds': int(1, { min: 1, importance: 'low', doc: 'Length of such a sample.' }),
  'quota.window.num': int(11, { min: 1, importance: 'low', doc: 'Samples kept for client quotas.' }),
  'quota.window.size.seconds': int(1, { min: 1, importance: 'low', doc: 'Length of such a sample.' }),
  'replication.quota.window.num': int(11, { min: 1, importance: 'low', doc: 'Samples kept for replication quotas.' }),
  'replication.quota.window.size.seconds': int(1, { min: 1, importance: 'low', doc: 'Length of such a sample.' }),
  'follower.replication.throttled.rate': long(longMax, {
    min: 0,
    update: 'cluster-wide',
    doc: 'Bytes per second of throttled replication into this broker.',
  }),
  'leader.replication.throttled.rate': long(longMax, {
    min: 0,
    update: 'cluster-wide',
    doc: 'Bytes per second of throttled replication out of this broker.',
  }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(longMax, {
    min: 0,
    update: 'cluster-wide',
    doc: 'Bytes per second of moves between log directories.',
  }),
};
