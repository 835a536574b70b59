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
export { defaultCleanerConfig, type CleanerConfig } from './compaction/cleaner-config.ts';
export type { LogCleaner } from './compaction/log-cleaner.ts';
export { LogOfflineError } from './log-offline-error.ts';
export { LogStore } from './log-store.ts';
export type { LogFacts } from './log-facts.ts';
export { PartitionLog } from './partition-log.ts';
export type {
  CreateLog,
  DirectoryStatus,
  LogDirectory,
  LogStoreConfig,
  LogStoreOptions,
  LogStoreStats,
} from './store-types.ts';
export {
  dumpEpochs,
  dumpOffsetIndex,
  dumpPartitionMetadata,
  dumpProducerSnapshot,
  dumpSegment,
  dumpTimeIndex,
  dumpTransactionIndex,
  type DumpedBatch,
  type DumpOptions,
  type IndexDump,
  type IndexOptions,
  type OffsetIndexEntry,
  type SegmentDump,
  type TimeIndexEntry,
} from './dump.ts';
export type { EpochStart } from './core/leader-epochs.ts';
export type { ProducerEntry } from './core/producer-entry.ts';
export type { AbortedEntry } from './core/transaction-index.ts';
