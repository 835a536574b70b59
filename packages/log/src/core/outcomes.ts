/**
 * What a partition's log answers: data, never exceptions. A refusal carries the protocol's error code, a detail for the
 * log and the console, and Kafka's per-batch record errors (KIP-467).
 */
import type { Chunks, Millis } from '@tidelog/core';
import type { ErrorCode } from '@tidelog/protocol';

/**
 * Who appends, which decides what is checked and what is assigned:
 *  - client: one batch, every check, offsets and epoch are assigned
 *  - coordinator: group, transaction or share coordinator, and transaction markers: producer epochs are checked,
 *    sequences are not
 *  - replication: batches of the leader, offsets and epochs as they are
 *  - raft: the quorum's own log; a leader's appends come with offsets and epochs as well
 */
export type AppendOrigin = 'client' | 'coordinator' | 'replication' | 'raft';

export interface AppendOptions {
  readonly origin: AppendOrigin;
  /** Stamped on the batches of clients and coordinators; for replication the highest epoch that may be appended. */
  readonly leaderEpoch: number;
  /** Wall clock: timestamps windows and LogAppendTime. */
  readonly wallNow: Millis;
  /** When the request came in (wall clock), for LogAppendTime; wallNow when absent. */
  readonly requestTime?: Millis;
  /** KIP-890: proof that the coordinator knows of the transaction; needed for the first batch of one. */
  readonly verificationGuard?: VerificationGuard;
  /** The transaction.version of a marker (KIP-1228): 2 and up demand a higher epoch than the log's. Default 0. */
  readonly transactionVersion?: number;
}

/** Handed out by `startVerification`, given back with the append it was asked for. Compared by identity. */
export interface VerificationGuard {
  readonly producerId: number;
}

export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

export interface Accepted {
  readonly kind: 'accepted';
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** -1 under CreateTime. */
  readonly logAppendTimeMs: number;
  readonly sizeInBytes: number;
}

/** An idempotent producer's repetition: nothing is appended, the first answer is given again. */
export interface Duplicate {
  readonly kind: 'duplicate';
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly logAppendTimeMs: number;
}

export interface Refused {
  readonly kind: 'refused';
  readonly error: ErrorCode;
  readonly detail: string;
  readonly recordErrors: readonly RecordError[];
}

export type AppendOutcome = Accepted | Duplicate | Refused;

export interface ReadOptions {
  readonly offset: number;
  readonly maxBytes: number;
  /** The first batch is returned whole even if it is larger than maxBytes. */
  readonly minOneBatch: boolean;
  /** Exclusive: records at and above it are not returned (high watermark, last stable offset or log end offset). */
  readonly upTo: number;
}

export interface ReadData {
  readonly kind: 'data';
  /** From the batch that holds the offset on; the last batch may be cut. Empty when there is nothing (yet). */
  readonly records: Chunks;
  /** Base offset of the first batch; the asked offset when there are no records. */
  readonly firstOffset: number;
  readonly logStartOffset: number;
  readonly fromMemory: boolean;
}

export type ReadOutcome =
  | ReadData
  | { readonly kind: 'outOfRange' }
  | { readonly kind: 'error'; readonly error: ErrorCode; readonly detail: string };

/** What the owner of a log hears about its appends. Called at the end of a turn, or from a completed write or sync. */
export interface LogObserver {
  /** All accepted records below the offset are written and, with flushBeforeAck, on stable storage. */
  onAppended(logEndOffset: number): void;
  /** They are written and readable but, with flushBeforeAck, not synced yet: followers may fetch them. */
  onWritten?(logEndOffset: number): void;
  /** Accepted but unwritten appends are lost: logEndOffset is the last value reported by onWritten or onAppended. */
  onFailed(error: ErrorCode, detail: string): void;
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface TimestampedOffset {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

export interface EpochEndOffset {
  /** -1 when unknown. */
  readonly epoch: number;
  readonly endOffset: number;
}

/** One producer as DescribeProducers shows it. */
export interface ProducerState {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: number;
  readonly coordinatorEpoch: number;
  /** -1 when no transaction is open. */
  readonly currentTxnStartOffset: number;
}

export interface SegmentInfo {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  readonly path: string;
  readonly largestTimestamp: number;
  readonly active: boolean;
}
