/** One partition's replica on this broker. Public signatures first; the body follows. */
import type { Chunks } from '@tidelog/core';
import type { AppendOutcome, PartitionLog, ReadOutcome } from '@tidelog/log';
import type { ErrorCode } from '@tidelog/protocol';
import type { ReplicaAppend, ReplicaWatcher } from './replicas-types.ts';

export declare class Replica {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  /** Undefined while its directory is offline. */
  get log(): PartitionLog | undefined;
  get role(): 'leader' | 'follower' | 'offline';
  get leaderId(): number;
  get leaderEpoch(): number;
  get inSyncReplicas(): readonly number[];
  get highWatermark(): number;
  get lastStableOffset(): number;
  get logStartOffset(): number;
  get logEndOffset(): number;
  /** The decision is synchronous; the waiter hears when the acks are had. */
  append(records: Chunks, options: ReplicaAppend): AppendOutcome;
  /** Reads up to a bound: 'highWatermark' (consumers), 'lastStableOffset' (read_committed), 'logEnd' (followers, loaders). */
  read(options: ReplicaRead): ReadOutcome | Promise<ReadOutcome>;
  /** NONE, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR. -1: no epoch asked for. */
  checkEpoch(currentLeaderEpoch: number, options: { readonly leaderOnly: boolean }): ErrorCode;
  watch(watcher: ReplicaWatcher): void;
  unwatch(watcher: ReplicaWatcher): void;
}

export type ReadBound = 'highWatermark' | 'lastStableOffset' | 'logEnd';

export interface ReplicaRead {
  readonly offset: number;
  readonly maxBytes: number;
  readonly minOneBatch: boolean;
  readonly upTo: ReadBound;
}
