/**
 * Keys of tiered storage (Kafka: RemoteLogManagerConfig; KIP-405).
 *
 * It is not offered: all are accepted without a meaning.
 */
import { boolean, double, int, long, longMax, string } from '../config-spec.ts';

export const tieredStorageConfigs = {
  'log.local.retention.bytes': long(-2, {
    min: -2,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'log.local.retention.ms': long(-2, {
    min: -2,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.fetch.max.wait.ms': int(500, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.list.offsets.request.timeout.ms': long(30_000, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.index.file.cache.total.size.bytes': long(1_073_741_824, {
    min: 1,
    importance: 'low',
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.index.file.cache.ttl.ms': long(900_000, {
    min: -1,
    importance: 'low',
    ignored: true,
    internal: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.copier.thread.pool.size': int(10, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.copy.max.bytes.per.second': long(longMax, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.copy.quota.window.num': int(11, {
    min: 1,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.copy.quota.window.size.seconds': int(1, {
    min: 1,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.expiration.thread.pool.size': int(10, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.fetch.max.bytes.per.second': long(longMax, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.fetch.quota.window.num': int(11, {
    min: 1,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.fetch.quota.window.size.seconds': int(1, {
    min: 1,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.follower.thread.pool.size': int(2, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.task.interval.ms': long(30_000, {
    min: 1,
    importance: 'low',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.task.retry.backoff.max.ms': long(30_000, {
    min: 1,
    importance: 'low',
    ignored: true,
    internal: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.task.retry.backoff.ms': long(500, {
    min: 1,
    importance: 'low',
    ignored: true,
    internal: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.task.retry.jitter': double(0.2, {
    min: 0,
    max: 0.5,
    importance: 'low',
    ignored: true,
    internal: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.manager.thread.pool.size': int(2, {
    min: 1,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.metadata.custom.metadata.max.bytes': int(128, {
    min: 0,
    importance: 'low',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.metadata.manager.class.name': string(
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    { nonEmpty: true, ignored: true, doc: 'Part of tiered storage, which is not offered.' },
  ),
  'remote.log.metadata.manager.class.path': string(null, {
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.metadata.manager.impl.prefix': string('rlmm.config.', {
    nonEmpty: true,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.metadata.manager.listener.name': string(null, {
    nonEmpty: true,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.reader.max.pending.tasks': int(100, {
    min: 1,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.reader.threads': int(10, {
    min: 1,
    update: 'cluster-wide',
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.storage.manager.class.name': string(null, {
    nonEmpty: true,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.storage.manager.class.path': string(null, {
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.storage.manager.impl.prefix': string('rsm.config.', {
    nonEmpty: true,
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
  'remote.log.storage.system.enable': boolean(false, {
    ignored: true,
    doc: 'Part of tiered storage, which is not offered.',
  }),
};
