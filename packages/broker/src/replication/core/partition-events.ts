/**
 * What happens to a partition's replica (inputs, past tense) and what must be done about it (effects, imperatives).
 * Effects are performed in the order in which the core gives them.
 */
import type { ErrorCode } from '@tidelog/protocol';

/** The controller's word on a partition, as a metadata image has it. */
export interface PartitionAssignment {
  /** -1: nobody leads. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Elected uncleanly: the leader has yet to mark the partition recovered (KIP-704). */
  readonly recovering: boolean;
}

/** What the core may know of the other brokers. Reads the current metadata image. */
export interface BrokerView {
  /** May join an ISR: registered, neither fenced nor shutting down, with the directory that its replica is in. */
  isEligible(brokerId: number): boolean;
  isAlive(brokerId: number): boolean;
  /** The registered epoch; -1 when unknown. */
  epochOf(brokerId: number): number;
  rackOf(brokerId: number): string | undefined;
}

/** Somebody waits for an append. A settled waiter has given up. */
export interface AppendWaiter {
  readonly settled: boolean;
  onAcknowledged(error: ErrorCode): void;
}

/** Somebody waits until no live replica has records below an offset (DeleteRecords). */
export interface LowWatermarkWaiter {
  readonly settled: boolean;
  onLowWatermark(error: ErrorCode, lowWatermark: number): void;
}

export interface LogPosition {
  readonly logStartOffset: number;
  /** Everything below is written and, where asked for, synced. */
  readonly logEndOffset: number;
  readonly highWatermark: number;
  /** Where the next append goes: above logEndOffset while records wait for the disk. */
  readonly nextOffset?: number;
}

export type PartitionInput =
  | { readonly type: 'assigned'; readonly assignment: PartitionAssignment; readonly log: LogPosition }
  /** The log cannot be used any more. */
  | { readonly type: 'logFailed' }
  /** Accepted appends that were not written are lost; the log goes on. */
  | { readonly type: 'appendsLost'; readonly error: ErrorCode }
  /** Everything below is written and, where asked for, synced. */
  | { readonly type: 'appended'; readonly logEndOffset: number }
  /** An append was accepted: `requiredOffset` is one past its last record. */
  | { readonly type: 'parked'; readonly requiredOffset: number; readonly acks: 1 | -1; readonly waiter: AppendWaiter }
  | { readonly type: 'fetched'; readonly fetch: FollowerFetch }
  | { readonly type: 'logStartMoved'; readonly logStartOffset: number }
  | { readonly type: 'deleteParked'; readonly offset: number; readonly waiter: LowWatermarkWaiter }
  | { readonly type: 'isrAnswered'; readonly answer: IsrAnswer }
  | { readonly type: 'configured'; readonly minInsyncReplicas: number }
  /** Registration, fencing or epochs of brokers changed. */
  | { readonly type: 'brokersChanged' }
  | { readonly type: 'tick' };

export interface FollowerFetch {
  readonly replicaId: number;
  /** -1 from a follower that does not say (KIP-903). */
  readonly replicaEpoch: number;
  readonly offset: number;
  readonly logStartOffset: number;
}

export interface IsrProposal {
  readonly isr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[];
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly recovering: boolean;
}

export interface IsrAnswer {
  /** The proposal that is answered. */
  readonly proposal: IsrProposal;
  /** As it came off the wire. */
  readonly error: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly number[];
  readonly recovering: boolean;
}

export type PartitionEffect =
  /** Write (epoch, log end) to the leader-epoch checkpoint before anything is appended. */
  | { readonly type: 'becomeLeader'; readonly leaderEpoch: number; readonly epochStartOffset: number }
  | { readonly type: 'becomeFollower'; readonly leaderId: number; readonly leaderEpoch: number }
  | { readonly type: 'goOffline' }
  | { readonly type: 'advanceHighWatermark'; readonly highWatermark: number }
  | { readonly type: 'alterIsr'; readonly proposal: IsrProposal }
  | { readonly type: 'release'; readonly waiter: AppendWaiter; readonly error: ErrorCode }
  | {
      readonly type: 'releaseDelete';
      readonly waiter: LowWatermarkWaiter;
      readonly error: ErrorCode;
      readonly lowWatermark: number;
    };
