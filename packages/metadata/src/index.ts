export * from './metadata-record.ts';
export { decodeRecord, encodeRecord, MetadataRecordError, supportedMetadataLevel } from './record-codec.ts';
export { PersistentMap } from './persistent-map.ts';
export { DenseMap } from './dense-map.ts';
export * from './image/metadata-image.ts';
export * from './image/topics-image.ts';
export * from './image/cluster-image.ts';
export * from './image/configs-image.ts';
export * from './image/quotas-image.ts';
export * from './image/security-images.ts';
export {
  MetadataDelta,
  type Changes,
  type MetadataChanges,
  type MetadataDeltaOptions,
} from './delta/metadata-delta.ts';
export { ReplayError } from './delta/replay-error.ts';
export { TopicDelta, TopicsDelta } from './delta/topics-delta.ts';
export {
  localChanges,
  type LocalChanges,
  type LocalDeletion,
  type TopicPartitionChange,
} from './delta/local-changes.ts';
export {
  changedPartition,
  DirectoryId,
  hasDirectory,
  isOnlineDirectory,
  partitionOf,
  samePartition,
} from './delta/partition-replay.ts';
export { imageToRecords, snapshotValues, deltaFromEmpty } from './image-records.ts';
export type { MetadataPublisher } from './metadata-publisher.ts';
export {
  MetadataLoader,
  type CommittedMetadata,
  type MetadataLoaderOptions,
  type SnapshotSource,
} from './metadata-loader.ts';
export * from './config/config-definition.ts';
export {
  brokerDefinition,
  configDefinitions,
  isListenerKey,
  type BrokerConfigKey,
  type BrokerConfigValues,
  type ClientMetricsConfigValues,
  type ConfigDefinitions,
  type ConfigTable,
  type GroupConfigKey,
  type GroupConfigValues,
  type TopicConfigKey,
  type TopicConfigValues,
} from './config/config-tables.ts';
export { ConfigError, defaultValue, formatConfigValue, parseConfigValue } from './config/config-value.ts';
export {
  ignoredKeys,
  parseBrokerConfig,
  validateClientMetricsConfig,
  validateDynamicBrokerConfig,
  validateGroupConfig,
  validateTopicConfig,
  type ConfigValues,
} from './config/config-validation.ts';
export * from './config/effective-config.ts';
export { cleanerConfigOf, type BrokerCleanerConfig } from './config/cleaner-config.ts';
export { logConfigOf, topicConfigValues, type TopicLogConfig } from './config/log-config.ts';
export { nearestKey } from './config/nearest-key.ts';
