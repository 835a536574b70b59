/**
 * Puts a cleaned segment, which is on stable storage, in the place of those it was made of. All of it happens in one
 * turn, so that nobody meets a log in between; a crash at any step leaves the old segments or the new one:
 *
 *   1  .cleaned -> .swap, the log last        while a .cleaned is there, a restart throws away both
 *   2  old files -> .deleted                  from here on a restart completes the swap
 *   3  .swap -> its name, the log first       so that a restart in between still finds the indexes
 *   4  the directory is synced; old files are removed after file.delete.delay.ms, for readers that are under way
 */
import { must } from '@tidelog/core';
import { suffixes } from '../core/segment-names.ts';
import type { LogState } from '../log-state.ts';
import { removeLater, removeSnapshots, renameSegment } from '../segment-files.ts';
import type { Segment } from '../segment.ts';

/** Throws DiskError; when that happens after the first step the log's files can be trusted only after a restart. */
export async function replaceSegments(state: LogState, old: readonly Segment[], fresh: Segment): Promise<void> {
  const at = state.segments.indexOf(must(old[0]));
  renameSegment(state, fresh, { suffix: suffixes.swap, logFirst: false });
  const doomed = old.flatMap((segment) => renameSegment(state, segment, { suffix: suffixes.deleted, logFirst: true }));
  renameSegment(state, fresh, { suffix: '', logFirst: true });
  state.segments = state.segments.toSpliced(at, old.length, fresh);
  const merged = new Set(old.slice(1).map(({ baseOffset }) => baseOffset));
  if (merged.size > 0) removeSnapshots(state, (offset) => merged.has(offset));
  removeLater(state, doomed, state.config.fileDeleteDelayMs);
  await state.context.world.disk.syncDirectory(state.path);
}
