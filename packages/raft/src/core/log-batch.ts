/**
 * A batch of the log as the core sees it: offsets, epoch, and the control records that consensus itself reads. The
 * payload is the shell's business and passes through untouched.
 */
import type { Chunks } from '@tidelog/core';
import type { ReplicaKey } from './replica-key.ts';
import type { VoterSet } from './voter-set.ts';

export interface LogBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly epoch: number;
  /** In a control batch: all of its records. */
  readonly controls: readonly ControlRecord[];
  readonly payload: BatchPayload;
}

export type BatchPayload =
  /** To be built from the control records. */
  | { readonly kind: 'controls' }
  /** To be built from the values. */
  | { readonly kind: 'values'; readonly values: readonly Buffer[] }
  /** As it came from the leader. */
  | { readonly kind: 'encoded'; readonly bytes: Chunks };

export type ControlRecord = { readonly offset: number } & (
  | {
      readonly kind: 'leaderChange';
      readonly leaderId: number;
      readonly voters: readonly ReplicaKey[];
      readonly grantingVoters: readonly ReplicaKey[];
    }
  | { readonly kind: 'kraftVersion'; readonly version: number }
  | { readonly kind: 'voters'; readonly voters: VoterSet }
  | { readonly kind: 'snapshotHeader' }
  | { readonly kind: 'snapshotFooter' }
);
