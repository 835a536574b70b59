/** Removes the oldest segments that the plan names, and moves the log's start behind them. */
import { must } from '@tidelog/core';
import { planRetention } from './core/retention.ts';
import type { LogState } from './log-state.ts';
import { takeSnapshot, writeSnapshot } from './producer-files.ts';
import { removeSegments, removeSnapshots } from './segment-files.ts';

/** Answers how many segments went. Nothing may be waiting to be written. */
export function applyRetention(state: LogState, wallNow: number): number {
  const { config, context } = state;
  const segments = state.segments.map((segment) => ({
    baseOffset: segment.baseOffset,
    sizeInBytes: segment.writtenBytes,
    largestTimestamp: needsTime(state) ? segment.maxTimestamp : -1,
    modifiedAt: segment.modifiedAt,
  }));
  const plan = planRetention({ ...positions(state), segments }, config, wallNow);
  if (plan.count === 0) return 0;
  const doomed = state.segments.slice(0, plan.count);
  if (plan.count === state.segments.length) {
    const fresh = state.newSegment(state.logEndOffset);
    fresh.create();
    // The batches go; who has sent them is still known after a restart.
    writeSnapshot(state, state.logEndOffset, takeSnapshot(state));
    state.segments.push(fresh);
    state.isUnfinished = true;
  }
  state.segments = state.segments.slice(plan.count);
  const first = must(state.segments[0]).baseOffset;
  advanceStart(state, Math.max(first, state.logStartOffset));
  removeSegments(state, doomed, config.fileDeleteDelayMs);
  removeSnapshots(state, (offset) => offset < first);
  const fields = { log: state.name, segments: plan.count, reason: plan.reasons[0], logStartOffset: first };
  context.logger.info(fields, 'old segments are deleted');
  return plan.count;
}

/** The log begins there from now on; what lies before is removed by the next retention run. */
export function advanceStart(state: LogState, offset: number): void {
  state.logStartOffset = offset;
  state.highWatermark = Math.max(state.highWatermark, offset);
  if (state.epochs.truncateFromStart(offset)) state.epochFile.write();
}

/** Timestamps are looked up only where they decide something: an idle log's time index stays unread. */
function needsTime({ config }: LogState): boolean {
  return config.retentionMs >= 0 && config.cleanupPolicy.includes('delete');
}

function positions(state: LogState): { logStartOffset: number; logEndOffset: number; highWatermark: number } {
  const { logStartOffset, logEndOffset, highWatermark } = state;
  return { logStartOffset, logEndOffset, highWatermark };
}
