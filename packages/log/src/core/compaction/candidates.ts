/**
 * Which log is cleaned next, and which part of it (semantics 9, KIP-58, KIP-354). A compacted log has a clean part,
 * which every earlier cleaning has seen, and a dirty part behind it:
 *
 *   segments     [ clean ........ )[ dirty: cleanable .......... )[ too young, not stable yet, or active ... )
 *   offset       logStartOffset     firstDirtyOffset               firstUncleanableOffset       logEndOffset
 */
import type { LogConfig } from '../log-config.ts';

export interface CleanableSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** Of its records; asked for only where min.compaction.lag.ms is set. */
  largestTimestamp(): number;
  /** Of its first batch; -1 for none. Asked for only where max.compaction.lag.ms is set. */
  firstTimestamp(): number;
}

export interface CleanableLog {
  /** The active one is last. */
  readonly segments: readonly CleanableSegment[];
  readonly logStartOffset: number;
  /** Behind it, transactions may be open or their markers not replicated. */
  readonly lastStableOffset: number;
  /** Where the last cleaning ended; undefined before the first one. */
  readonly cleanPoint: number | undefined;
  readonly config: LogConfig;
}

export interface CleaningPlan {
  readonly firstDirtyOffset: number;
  /** A segment's base offset: cleaning never goes further. */
  readonly firstUncleanableOffset: number;
  readonly cleanBytes: number;
  readonly cleanableBytes: number;
  /** Of what may be cleaned, how much never was: 0 to 1. */
  readonly dirtyRatio: number;
  /** By how much the oldest dirty record has outlived max.compaction.lag.ms; 0 when it has not. */
  readonly overdueMs: number;
}

export function planCleaning(log: CleanableLog, wallNow: number): CleaningPlan {
  const { segments, logStartOffset, lastStableOffset, config } = log;
  const firstDirtyOffset = Math.max(log.cleanPoint ?? 0, logStartOffset);
  const youngAfter = config.minCompactionLagMs > 0 ? wallNow - config.minCompactionLagMs : Infinity;
  let end = 0;
  let cleanBytes = 0;
  let cleanableBytes = 0;
  let oldest = Infinity;
  for (; end < segments.length - 1; end++) {
    const segment = segments[end] as CleanableSegment;
    const nextOffset = (segments[end + 1] as CleanableSegment).baseOffset;
    if (nextOffset > lastStableOffset || segment.baseOffset > firstDirtyOffset + offsetsMax) break;
    if (nextOffset <= firstDirtyOffset) {
      cleanBytes += segment.sizeInBytes;
      continue;
    }
    if (youngAfter !== Infinity && segment.largestTimestamp() > youngAfter) break;
    cleanableBytes += segment.sizeInBytes;
    if (config.maxCompactionLagMs === Infinity) continue;
    const first = segment.firstTimestamp();
    if (first >= 0 && first < oldest) oldest = first;
  }
  const total = cleanBytes + cleanableBytes;
  return {
    firstDirtyOffset,
    firstUncleanableOffset: segments[end]?.baseOffset ?? firstDirtyOffset,
    cleanBytes,
    cleanableBytes,
    dirtyRatio: total === 0 ? 0 : cleanableBytes / total,
    overdueMs: oldest === Infinity ? 0 : Math.max(0, wallNow - config.maxCompactionLagMs - oldest),
  };
}

/** More than this many offsets are never looked at in one cleaning; see KeyMap. */
const offsetsMax = 0xffff_0000;

/** Whether a log is worth a cleaning now. */
export function isDue(plan: CleaningPlan, { minCleanableDirtyRatio }: LogConfig): boolean {
  if (plan.cleanableBytes === 0) return false;
  return plan.overdueMs > 0 || plan.dirtyRatio > minCleanableDirtyRatio;
}

/** The better one to clean of two that are due: what is overdue first, then what is filthiest. */
export function isFilthier(plan: CleaningPlan, than: CleaningPlan): boolean {
  if (plan.overdueMs > 0 !== than.overdueMs > 0) return plan.overdueMs > 0;
  return plan.dirtyRatio > than.dirtyRatio;
}
