/**
 * Removes segments in Kafka's way: the files are renamed `.deleted` at once, so that a restart does not see them, and
 * removed after file.delete.delay.ms, so that a reader that is under way finishes.
 */
import { DiskError } from '@tidelog/core';
import { parseFileName, suffixes } from './core/segment-names.ts';
import type { LogState } from './log-state.ts';
import { isMissing, type Segment } from './segment.ts';

export function removeSegments(state: LogState, segments: readonly Segment[], delayMs: number): void {
  const doomed: string[] = [];
  for (const segment of segments) {
    segment.close();
    // The log file goes last: while it is there, the others belong to something.
    for (const path of segment.paths().toReversed()) {
      if (renameIfThere(state, path, `${path}${suffixes.deleted}`)) doomed.push(`${path}${suffixes.deleted}`);
    }
  }
  removeLater(state, doomed, delayMs);
}

/** Removes files that were renamed `.deleted`, off the loop. */
export function removeLater(state: LogState, paths: readonly string[], delayMs: number): void {
  const { removals, world } = state.context;
  const remove = (): void => {
    for (const path of paths) void removals.run(() => removeOffLoop(state, path));
  };
  if (delayMs <= 0) remove();
  else world.timers.after(delayMs, remove);
}

/** Gives the files of a segment another suffix; answers the new names of those that exist. */
export function renameSegment(
  state: LogState,
  segment: Segment,
  { suffix, logFirst }: { readonly suffix: string; readonly logFirst: boolean },
): string[] {
  const before = segment.paths();
  segment.becomeSuffixed(suffix);
  const pairs = segment.paths().map((to, index) => ({ from: before[index] ?? to, to }));
  const renamed = (logFirst ? pairs : pairs.toReversed()).filter(({ from, to }) => renameIfThere(state, from, to));
  return renamed.map(({ to }) => to);
}

/** Removes the snapshots of producers whose offset the predicate holds for. */
export function removeSnapshots(state: LogState, isDoomed: (offset: number) => boolean): void {
  for (const offset of snapshotOffsets(state)) {
    if (isDoomed(offset.offset)) removeIfThere(state, offset.path);
  }
}

/** Snapshots of producers that are there, newest first. */
export function snapshotOffsets(state: LogState): { readonly offset: number; readonly path: string }[] {
  const found: { offset: number; path: string }[] = [];
  for (const name of state.context.world.disk.list(state.path)) {
    const parsed = parseFileName(name);
    if (parsed?.suffix === suffixes.snapshot) found.push({ offset: parsed.offset, path: `${state.path}/${name}` });
  }
  return found.sort((a, b) => b.offset - a.offset);
}

export function removeIfThere(state: LogState, path: string): void {
  try {
    state.context.world.disk.remove(path);
  } catch (error) {
    onNotRemoved(state, path, error);
  }
}

async function removeOffLoop(state: LogState, path: string): Promise<void> {
  try {
    await state.context.world.disk.removeAsync(path);
  } catch (error) {
    onNotRemoved(state, path, error);
  }
}

function onNotRemoved(state: LogState, path: string, error: unknown): void {
  if (isMissing(error)) return;
  if (!(error instanceof DiskError)) throw error;
  state.context.logger.warn({ path, code: error.code }, 'a file could not be removed');
}

function renameIfThere(state: LogState, from: string, to: string): boolean {
  try {
    state.context.world.disk.rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
