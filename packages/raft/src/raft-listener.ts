/**
 * What the replicated log tells its readers (the controller, the metadata loader). Every listener sees every committed
 * batch exactly once and in order, from its own position; one that is behind the log's start gets the snapshot first.
 * A new leader hears that it leads only after it has been given everything that former epochs committed, so that it
 * decides on complete state.
 */
import type { Steps } from '@tidelog/core';

export interface RaftListener {
  /**
   * A committed batch. One appended by `append` arrives whole. Control batches come with no records, for the offset.
   * What takes long about it may be given back as steps: all are taken before anything else is delivered but the news
   * that this node does not lead.
   */
  onCommitted(batch: CommittedBatch): Steps | void;
  /** State up to (not including) `snapshot.offset`, replacing everything delivered so far. */
  onSnapshot(snapshot: SnapshotReader): void;
  /** The leader or its epoch is another one. */
  onLeaderChange(change: LeaderChange): void;
  /** Enough has been committed since the last snapshot, or it is old: call `createSnapshot` when convenient. */
  onSnapshotDue?(reason: SnapshotDue): void;
}

export interface CommittedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly epoch: number;
  /** Milliseconds since 1970, by the leader's clock. */
  readonly appendTimestamp: number;
  readonly sizeInBytes: number;
  readonly records: readonly CommittedRecord[];
}

export interface CommittedRecord {
  readonly offset: number;
  readonly value: Buffer;
}

export interface LeaderChange {
  /** -1 while nobody is known to lead. */
  readonly leaderId: number;
  readonly epoch: number;
  readonly isLeader: boolean;
}

export interface SnapshotDue {
  readonly reason: 'size' | 'age';
  readonly committedBytes: number;
}

/** A snapshot whose checksums have been verified. */
export interface SnapshotReader {
  /** The first offset that the snapshot does not contain. */
  readonly offset: number;
  /** The epoch of the last record that it contains. */
  readonly epoch: number;
  readonly lastContainedLogTimestamp: number;
  readonly sizeInBytes: number;
  /** The values of the data records, read from the file batch by batch. */
  records(): Iterable<Buffer>;
}
