/**
 * What goes into the core (past tense) and what comes out of it (imperatives).
 *
 * The order of the effects is the contract: one that persists (`persistQuorumState`, `append`, `truncate`,
 * `restartLog`) comes before everything that relies on it, and a shell performs them in order. An append counts
 * as durable only when `appended` has come back; the core waits for that where it matters.
 */
import type { OffsetAndEpoch } from './epoch-cache.ts';
import type { LogBatch } from './log-batch.ts';
import type { Answer, SentRequest, SentResponse, ServedRequest } from './messages.ts';
import type { PeerAddress, ReplicaKey } from './replica-key.ts';
import type { VoterSet } from './voter-set.ts';

/** What must survive a crash: the content of Kafka's `quorum-state` file. */
export interface QuorumState {
  /** -1 for none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly voted: ReplicaKey | undefined;
}

export type RaftInput =
  | { readonly kind: 'started' }
  | { readonly kind: 'tick' }
  /** Asks for a graceful end: leadership is handed over first. */
  | { readonly kind: 'shutdownRequested' }
  /** The leader's owner gives leadership up. (It appends through RaftCore.propose, which says where.) */
  | { readonly kind: 'resigned'; readonly epoch: number; readonly reason: string }
  | { readonly kind: 'kraftVersionProposed'; readonly epoch: number; readonly version: number }
  /** Everything below the offset can be read from the log, though a crash may still lose it. */
  | { readonly kind: 'written'; readonly endOffset: number }
  /** Everything below the offset is on stable storage. */
  | { readonly kind: 'appended'; readonly endOffset: number }
  /** Accepted records at and above the offset are lost. */
  | { readonly kind: 'appendFailed'; readonly endOffset: number; readonly detail: string }
  | { readonly kind: 'requestReceived'; readonly token: number; readonly request: ServedRequest }
  | { readonly kind: 'responseReceived'; readonly correlation: number; readonly response: SentResponse }
  /** The request may or may not have been acted on. */
  | { readonly kind: 'requestFailed'; readonly correlation: number; readonly detail: string }
  | { readonly kind: 'snapshotCreated'; readonly id: OffsetAndEpoch }
  | { readonly kind: 'logCleaned'; readonly startOffset: number }
  | { readonly kind: 'snapshotPartOpened'; readonly id: OffsetAndEpoch; readonly position: number }
  | {
      readonly kind: 'snapshotInstalled';
      readonly id: OffsetAndEpoch;
      readonly voters: VoterSet | undefined;
      readonly kraftVersion: number;
    }
  | { readonly kind: 'snapshotRefused'; readonly id: OffsetAndEpoch; readonly detail: string };

export type RaftEffect =
  | { readonly kind: 'persistQuorumState'; readonly state: QuorumState }
  | { readonly kind: 'append'; readonly batch: LogBatch }
  | { readonly kind: 'truncate'; readonly endOffset: number }
  /** Drops the whole log, which begins anew behind the snapshot. */
  | { readonly kind: 'restartLog'; readonly id: OffsetAndEpoch }
  | { readonly kind: 'send'; readonly correlation: number; readonly to: PeerAddress; readonly request: SentRequest }
  | { readonly kind: 'answer'; readonly token: number; readonly answer: Answer }
  | { readonly kind: 'commit'; readonly highWatermark: number }
  /** `epochStartOffset`: a new leader may act only once everything up to it has been delivered. */
  | {
      readonly kind: 'announceLeader';
      readonly leaderId: number;
      readonly epoch: number;
      readonly isLeader: boolean;
      readonly epochStartOffset: number;
    }
  /** Opens or goes on with the partial file of a snapshot; `snapshotPartOpened` comes back. */
  | { readonly kind: 'openSnapshotPart'; readonly id: OffsetAndEpoch }
  | {
      readonly kind: 'writeSnapshotPart';
      readonly id: OffsetAndEpoch;
      readonly position: number;
      readonly bytes: Buffer;
    }
  /** Syncs, verifies and publishes it; `snapshotInstalled` or `snapshotRefused` comes back. */
  | { readonly kind: 'installSnapshot'; readonly id: OffsetAndEpoch; readonly size: number }
  | { readonly kind: 'discardSnapshotPart'; readonly id: OffsetAndEpoch }
  | { readonly kind: 'note'; readonly level: 'info' | 'warn'; readonly message: string; readonly fields: NoteFields }
  | { readonly kind: 'finishShutdown' }
  /** The node must stop: to go on would break a promise. */
  | { readonly kind: 'fail'; readonly detail: string };

export type NoteFields = Readonly<Record<string, string | number | boolean>>;
