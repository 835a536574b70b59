/**
 * A partition that this broker follows, as its fetcher sees it: where it stands and what the leader was last told.
 *
 *   ready ──data──▶ writing ──written──▶ ready       (a log that stalls is left out of the session meanwhile)
 *     │ └─diverging, out of range─▶ repairing ─▶ ready
 *     └──error──▶ backingOff ──deadline──▶ ready
 */
import type { Deadline } from '../deadlines.ts';
import type { Replica } from './replica.ts';

export type FollowedState = 'ready' | 'writing' | 'repairing' | 'backingOff';

export class FollowedPartition {
  readonly replica: Replica;
  /** The leader epoch it is followed in; a newer one makes a new FollowedPartition. */
  readonly leaderEpoch: number;
  state: FollowedState = 'ready';
  /** Whether the leader's session holds it. */
  inSession = false;
  /** What the leader was told last, and with which request. */
  sentOffset = -1;
  sentLogStartOffset = -1;
  sentRequest = -1;
  /** As `writing`: the offset that ends it. */
  writingUpTo = -1;
  /** As the leader's newest answer has it; -1 before one. */
  leaderHighWatermark = -1;
  /** Failures in a row. */
  failures = 0;
  backoff: Deadline | undefined;
  removed = false;

  constructor(replica: Replica) {
    this.replica = replica;
    this.leaderEpoch = replica.leaderEpoch;
  }

  /** Whether it has all that is committed. */
  get isCaughtUp(): boolean {
    return this.leaderHighWatermark >= 0 && this.replica.logEndOffset >= this.leaderHighWatermark;
  }

  /** Whether what the leader knows is not the truth any more. */
  get hasNews(): boolean {
    if (!this.inSession) return true;
    return this.replica.logEndOffset !== this.sentOffset || this.replica.logStartOffset !== this.sentLogStartOffset;
  }
}
