/**
 * Which of the oldest segments go: whole segments from the oldest on, only while all of the segment is below the high
 * watermark, by log start always, by time and size where the policy says delete. The active segment may go too; its
 * owner rolls a new one first.
 */
import type { LogConfig } from './log-config.ts';

export interface RetainedSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  /** Of its records; -1 when none has one. */
  readonly largestTimestamp: number;
  /** Wall clock; stands in where no record has a timestamp. */
  readonly modifiedAt: number;
}

export interface RetentionState {
  readonly segments: readonly RetainedSegment[];
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
}

export type RetentionReason = 'log start' | 'retention.ms' | 'retention.bytes';

export interface RetentionPlan {
  /** How many of the oldest segments go. */
  readonly count: number;
  readonly reasons: readonly RetentionReason[];
}

export function planRetention(state: RetentionState, config: LogConfig, wallNow: number): RetentionPlan {
  const { segments, logStartOffset, logEndOffset, highWatermark } = state;
  const byPolicy = config.cleanupPolicy.includes('delete');
  const reasons: RetentionReason[] = [];
  let total = segments.reduce((sum, segment) => sum + segment.sizeInBytes, 0);
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    const upperBound = next?.baseOffset ?? logEndOffset;
    if (upperBound > highWatermark || (next === undefined && segment.sizeInBytes === 0)) break;
    const reason =
      next !== undefined && next.baseOffset <= logStartOffset
        ? 'log start'
        : byPolicy
          ? reasonByPolicy(segment, total, config, wallNow)
          : undefined;
    if (reason === undefined) break;
    reasons.push(reason);
    total -= segment.sizeInBytes;
  }
  return { count: reasons.length, reasons };
}

function reasonByPolicy(
  segment: RetainedSegment,
  total: number,
  config: LogConfig,
  wallNow: number,
): RetentionReason | undefined {
  const time = segment.largestTimestamp >= 0 ? segment.largestTimestamp : segment.modifiedAt;
  if (config.retentionMs >= 0 && wallNow - time > config.retentionMs) return 'retention.ms';
  if (config.retentionBytes >= 0 && total - segment.sizeInBytes >= config.retentionBytes) return 'retention.bytes';
  return undefined;
}
