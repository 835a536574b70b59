/**
 * Puts a cleaned segment, which is on stable storage, in the place of those it was made of. All of it happens in one
 * turn, so that nobody meets a log in between; a crash at any step leaves the old segments or the new one:
 *
 *   1  .cleaned -> .swap, the log last        while a .cleaned is there, a restart throws away both
 *   2  old files -> .deleted                  from here on a restart completes the swap
 *   3  .swap -> its name, the log first       so that a restart in between still finds the indexes
 *   4  the directory is synced; old files are removed after file.delete.delay.ms, for readers that are under way
 */
import { DiskError, must } from '@tidelog/core';
import { suffixes } from '../core/segment-names.ts';
import { offlineBecause } from '../log-context.ts';
import type { LogState } from '../log-state.ts';
import { removeIfThere, removeLater, removeSnapshots, renameSegment } from '../segment-files.ts';
import type { Segment } from '../segment.ts';

/** Throws DiskError; when that happens between the first step and the end of the third the log is offline. */
export async function replaceSegments(state: LogState, old: readonly Segment[], fresh: Segment): Promise<void> {
  const at = state.segments.indexOf(must(old[0]));
  prepareSwap(state, fresh);
  const doomed = swap(state, old, fresh);
  state.segments = state.segments.toSpliced(at, old.length, fresh);
  const merged = new Set(old.slice(1).map(({ baseOffset }) => baseOffset));
  if (merged.size > 0) removeSnapshots(state, (offset) => merged.has(offset));
  removeLater(state, doomed, state.config.fileDeleteDelayMs);
  await state.context.world.disk.syncDirectory(state.path);
}

/** Step 1; undone when it fails, because a restart takes the .swap files that it finds alone for the new segment. */
function prepareSwap(state: LogState, fresh: Segment): void {
  try {
    renameSegment(state, fresh, { suffix: suffixes.swap, logFirst: false });
  } catch (error) {
    for (const path of fresh.paths()) removeIfThere(state, path);
    fresh.becomeSuffixed(suffixes.cleaned);
    for (const path of fresh.paths()) removeIfThere(state, path);
    throw error;
  }
}

/** Steps 2 and 3; answers the old files. In between only a restart knows which files are the log's. */
function swap(state: LogState, old: readonly Segment[], fresh: Segment): string[] {
  try {
    const doomed = old.flatMap((segment) =>
      renameSegment(state, segment, { suffix: suffixes.deleted, logFirst: true }),
    );
    renameSegment(state, fresh, { suffix: '', logFirst: true });
    return doomed;
  } catch (error) {
    if (error instanceof DiskError) state.fail(offlineBecause(error, 'replacing compacted segments of'));
    throw error;
  }
}
