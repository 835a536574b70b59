/** One partition's log. Public signatures first; the body follows. */
import type { Chunks } from '@tidelog/core';
import type { LogConfig } from './core/log-config.ts';
import type {
  AbortedTransaction,
  AppendOptions,
  AppendOutcome,
  EpochEndOffset,
  LogObserver,
  ProducerState,
  ReadOptions,
  ReadOutcome,
  SegmentInfo,
  TimestampedOffset,
  VerificationGuard,
} from './core/outcomes.ts';
import type { LogOfflineError } from './log-offline-error.ts';

export declare class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly directoryId: string;
  /** Settable; told about written and failed appends. */
  observer: LogObserver | undefined;
  get config(): LogConfig;
  get logStartOffset(): number;
  /** The end of what is written and readable. */
  get logEndOffset(): number;
  get highWatermark(): number;
  get lastStableOffset(): number;
  get recoveryPoint(): number;
  get sizeInBytes(): number;
  /** -1 when the log knows no epoch. */
  get latestEpoch(): number;
  get earliestEpoch(): number;
  get offline(): LogOfflineError | undefined;
  reconfigure(config: LogConfig): void;
  append(records: Chunks, options: AppendOptions): AppendOutcome;
  read(options: ReadOptions): ReadOutcome | Promise<ReadOutcome>;
  updateHighWatermark(offset: number): number;
  abortedTransactions(range: { readonly from: number; readonly to: number }): AbortedTransaction[];
  offsetForTimestamp(timestamp: number, limits: { readonly upTo: number }): Promise<TimestampedOffset | undefined>;
  maxTimestamp(): Promise<TimestampedOffset | undefined>;
  endOffsetForEpoch(epoch: number): EpochEndOffset;
  assignEpoch(epoch: number, startOffset: number): void;
  truncateTo(offset: number): Promise<void>;
  truncateFullyAndStartAt(offset: number, logStartOffset?: number): Promise<void>;
  incrementLogStartOffset(offset: number, reason: string): boolean;
  flush(): Promise<void>;
  activeProducers(): ProducerState[];
  startVerification(batch: {
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly baseSequence: number;
    readonly supportsEpochBump: boolean;
  }): VerificationGuard | undefined;
  segments(): SegmentInfo[];
}
