/** What a store of logs is made of and what it tells about itself. */
import type { Logger, Metrics, Uuid, World } from '@tidelog/core';
import type { CleanerConfig } from './compaction/cleaner-config.ts';
import type { LogConfig } from './core/log-config.ts';

export interface LogDirectory {
  readonly path: string;
  readonly directoryId: Uuid;
  /** Takes only logs that name it: a metadata.log.dir of its own holds no partitions. */
  readonly onlyByName?: boolean;
}

export interface LogStoreConfig {
  /** What a log is opened with at start, until its owner calls reconfigure. */
  readonly logDefaults: LogConfig;
  /** Per-topic settings at start; overrides logDefaults. */
  readonly configFor?: (topic: string) => LogConfig;
  /** Bytes of recently appended batches kept in memory, over all logs. Default 64 MiB. */
  readonly tailBytes?: number;
  /** The same for one log. Default a quarter of it all. */
  readonly tailBytesPerLog?: number;
  /** Files held open at a time. Default 4096. */
  readonly maxOpenFiles?: number;
  /** producer.id.expiration.ms. Default a day. */
  readonly producerIdExpirationMs?: number;
  /** num.recovery.threads.per.data.dir: logs recovered at a time in one directory. Default 2. */
  readonly recoveryConcurrency?: number;
  /** A synchronous write that takes longer sends its directory over to asynchronous writes. Default 20. */
  readonly slowWriteMs?: number;
  /** Accepted bytes of all logs that may wait for the disk; beyond, appends are refused. Default 512 MiB. */
  readonly pendingBytesTotalMax?: number;
  /** transaction.partition.verification.enable. Default true. */
  readonly transactionVerification?: boolean;
  /** How compacted logs are cleaned; `defaultCleanerConfig` where nothing is said. */
  readonly cleaner?: Partial<CleanerConfig>;
}

export interface LogStoreOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly logDirs: readonly LogDirectory[];
  /** Configured directories that could not even be identified; they are listed as offline, with a zero id. */
  readonly unreadableDirs?: readonly { readonly path: string; readonly error: string }[];
  readonly config: LogStoreConfig;
  readonly metrics?: Metrics;
}

export interface DirectoryStatus extends LogDirectory {
  readonly offline: boolean;
  readonly error?: string;
  readonly totalBytes: number;
  readonly usableBytes: number;
}

export interface LogStoreStats {
  fileReads: number;
  bytesFromFiles: number;
  memoryReads: number;
  bytesFromMemory: number;
  writes: number;
  bytesWritten: number;
  syncs: number;
}

export interface CreateLog {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly config: LogConfig;
  /** A directory id; the online directory with the fewest logs when absent. */
  readonly directory?: Uuid;
}
