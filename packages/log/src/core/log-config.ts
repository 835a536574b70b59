/**
 * The settings of one partition's log: Kafka's topic configuration keys in camel case, already resolved (topic over
 * broker over default) by whoever opens the log. -1 and Infinity both mean "no limit" where Kafka allows none.
 */
export type CleanupPolicy = 'delete' | 'compact';
export type CompressionType = 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
export type MessageTimestampType = 'CreateTime' | 'LogAppendTime';

export interface LogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly indexIntervalBytes: number;
  readonly segmentIndexBytes: number;
  /** -1: kept for ever. */
  readonly retentionMs: number;
  /** -1: no limit. */
  readonly retentionBytes: number;
  /** Empty: nothing is deleted but what DeleteRecords asks for (KIP-1161). */
  readonly cleanupPolicy: readonly CleanupPolicy[];
  readonly maxMessageBytes: number;
  readonly messageTimestampType: MessageTimestampType;
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly compressionType: CompressionType;
  /** Levels of `compression.<codec>.level`; the codec's default where absent. */
  readonly compressionLevel?: number;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly fileDeleteDelayMs: number;
  /** Records between two forced syncs; Infinity for never. */
  readonly flushMessages: number;
  /** Age of the oldest unsynced record that forces a sync; Infinity for never. */
  readonly flushMs: number;
  readonly preallocate: boolean;
  /** Appends are acknowledged (observer.onAppended) only once they are on stable storage. */
  readonly flushBeforeAck: boolean;
}

const dayMs = 86_400_000;

export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 7 * dayMs,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10_485_760,
  retentionMs: 7 * dayMs,
  retentionBytes: -1,
  cleanupPolicy: ['delete'],
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Infinity,
  messageTimestampAfterMaxMs: 3_600_000,
  compressionType: 'producer',
  deleteRetentionMs: dayMs,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
  minCleanableDirtyRatio: 0.5,
  fileDeleteDelayMs: 60_000,
  flushMessages: Infinity,
  flushMs: Infinity,
  preallocate: false,
  flushBeforeAck: false,
};
