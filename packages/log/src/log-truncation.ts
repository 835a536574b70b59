/**
 * Takes the end of a log away: a follower that diverged from its leader (KIP-101, KIP-595), or one that starts over at
 * the leader's log start. The state is consistent when the function first pauses; only the producers may have to be
 * rebuilt from the files after that.
 */
import { must } from '@tidelog/core';
import { BatchScan } from './batch-scan.ts';
import { LogOfflineError } from './log-offline-error.ts';
import type { LogState } from './log-state.ts';
import { rebuildProducers } from './producer-files.ts';
import { removeSegments, removeSnapshots } from './segment-files.ts';
import { soundPositionNow } from './segment-place.ts';
import type { Segment } from './segment.ts';

/** Removes every record at and above the offset, which lies inside the log. Nothing may be waiting to be written. */
export async function truncateEnd(state: LogState, offset: number): Promise<void> {
  const index = state.segmentIndexOf(offset);
  const segment = must(state.segments[index]);
  const position = positionOf(segment, offset);
  if (position === undefined) {
    const { path } = segment;
    state.fail(new LogOfflineError(`${path} is damaged below offset ${offset}, where it was to be cut`, { path }));
    return;
  }
  lowerRecoveryPoint(state, offset);
  const lost = state.segments.slice(index + 1);
  state.segments = state.segments.slice(0, index + 1);
  removeSegments(state, lost, 0);
  segment.truncateTo(position, offset);
  state.tail.truncateTo(offset);
  setEnd(state, offset);
  if (state.epochs.truncateFromEnd(offset)) state.epochFile.write();
  removeSnapshots(state, (snapshot) => snapshot > offset);
  if (state.producers.lastChangedOffset >= offset) await rebuildProducers(state, offset);
}

/** A leadership without an append is no history: a leader that knows nothing of it would object for ever. */
export function dropEmptyEpochs({ epochs, epochFile, logEndOffset }: LogState): void {
  if (epochs.truncateFromEnd(logEndOffset)) epochFile.write();
}

/** Forgets all records; the log goes on at the offset. */
export function restartLog(state: LogState, offset: number, logStartOffset: number): void {
  lowerRecoveryPoint(state, offset);
  const { segments } = state;
  const same = segments.find((segment) => segment.baseOffset === offset);
  const fresh = same ?? state.newSegment(offset);
  if (same === undefined) fresh.create();
  else same.truncateTo(0, offset);
  state.segments = [fresh];
  removeSegments(
    state,
    segments.filter((segment) => segment !== fresh),
    0,
  );
  state.tail.clear();
  state.producers.clear();
  removeSnapshots(state, () => true);
  state.epochs.clear();
  state.epochFile.write();
  setEnd(state, offset);
  const movesBack = logStartOffset < state.logStartOffset;
  state.logStartOffset = logStartOffset;
  if (movesBack) state.directory.writeCheckpoints?.();
  state.highWatermark = Math.max(logStartOffset, Math.min(state.highWatermark, offset));
}

/**
 * What was durable above the offset is about to go: a restart must not take its absence for damage, nor what is
 * appended instead for compacted.
 */
function lowerRecoveryPoint(state: LogState, offset: number): void {
  const { logEndOffset, cleanPoint } = state;
  const lowest = Math.min(offset, logEndOffset);
  const wasClean = cleanPoint !== undefined && cleanPoint > offset;
  if (wasClean) state.cleanPoint = offset;
  if (state.recoveryPoint <= lowest && offset <= logEndOffset && !wasClean) return;
  state.recoveryPoint = Math.min(state.recoveryPoint, lowest);
  state.directory.writeCheckpoints?.();
}

function setEnd(state: LogState, offset: number): void {
  state.truncations++;
  state.logEndOffset = offset;
  state.nextOffset = offset;
  state.recoveryPoint = Math.min(state.recoveryPoint, offset);
  state.highWatermark = Math.min(state.highWatermark, offset);
}

/** Where the first batch begins that reaches to or beyond the offset; undefined when the batches do not lead there. */
function positionOf(segment: Segment, offset: number): number | undefined {
  let position = soundPositionNow(segment, offset);
  while (position < segment.writtenBytes) {
    const scan = new BatchScan(segment.file('read').read(position, 64 * 1024));
    while (scan.look()) {
      if (scan.lastOffset >= offset) return position + scan.at;
      scan.skip();
    }
    if (scan.at === 0) return undefined;
    position += scan.at;
  }
  return position === segment.writtenBytes ? position : undefined;
}
