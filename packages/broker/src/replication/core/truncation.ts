/**
 * What a follower does when its log and its leader's have parted (KIP-101, KIP-279, KIP-595) or do not overlap. It
 * never truncates to a high watermark: only to where two logs provably have the same history.
 */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

export interface OwnLog {
  readonly logEndOffset: number;
  readonly highWatermark: number;
  /** The end of the largest epoch at or below the given one; -1, -1 when there is none. */
  endOffsetForEpoch(epoch: number): EpochEnd;
}

/** Where to truncate to when the leader says that histories part after (epoch, endOffset). */
export function planTruncation(diverging: EpochEnd, log: OwnLog): number {
  if (diverging.epoch < 0 || diverging.endOffset < 0) return log.highWatermark;
  const own = log.endOffsetForEpoch(diverging.epoch);
  // Every own epoch is younger than the leader's: the histories part before the first own record.
  if (own.epoch < 0) return Math.min(diverging.endOffset, log.logEndOffset);
  // Own floor epoch is older: drop the newer ones and ask again from there.
  if (own.epoch !== diverging.epoch) return Math.min(own.endOffset, log.logEndOffset);
  return Math.min(own.endOffset, diverging.endOffset, log.logEndOffset);
}

/** What the leader said about its log when the follower's offset was out of its range. */
export interface LeaderRange {
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

export type OutOfRangePlan =
  /** The leader has less (an unclean election): give up the rest. */
  | { readonly kind: 'truncate'; readonly offset: number }
  /** The leader's log begins after the follower's end: nothing of it is of use. */
  | { readonly kind: 'restart'; readonly offset: number }
  | { readonly kind: 'continue'; readonly offset: number };

export function planOutOfRange(leader: LeaderRange, log: { readonly logEndOffset: number }): OutOfRangePlan {
  if (leader.logEndOffset < log.logEndOffset) return { kind: 'truncate', offset: leader.logEndOffset };
  if (leader.logStartOffset > log.logEndOffset) return { kind: 'restart', offset: leader.logStartOffset };
  return { kind: 'continue', offset: log.logEndOffset };
}
