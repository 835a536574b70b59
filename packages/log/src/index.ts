export { defaultLogConfig, type CleanupPolicy, type CompressionType, type LogConfig } from './core/log-config.ts';
export type {
  AbortedTransaction,
  Accepted,
  AppendOptions,
  AppendOrigin,
  AppendOutcome,
  Duplicate,
  EpochEndOffset,
  LogObserver,
  ProducerState,
  ReadData,
  ReadOptions,
  ReadOutcome,
  RecordError,
  Refused,
  SegmentInfo,
  TimestampedOffset,
  VerificationGuard,
} from './core/outcomes.ts';
export { LogOfflineError } from './log-offline-error.ts';
export {
  LogStore,
  type CreateLog,
  type DirectoryStatus,
  type LogDirectory,
  type LogStoreConfig,
  type LogStoreOptions,
  type LogStoreStats,
} from './log-store.ts';
export { PartitionLog } from './partition-log.ts';
