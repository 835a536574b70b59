/**
 * The files of one log directory that belong to no single log: the lock, the clean shutdown marker, and the checkpoints
 * as the last process has left them.
 * The marker is read and removed before any log is opened, so that a crash from then on is seen.
 */
import { DiskError, type Disk } from '@tidelog/core';
import { decodeCleanShutdown, decodeOffsets, encodeCleanShutdown } from './core/checkpoint-text.ts';
import { directoryFiles } from './core/segment-names.ts';
import { LogOfflineError } from './log-offline-error.ts';
import { isMissing } from './segment.ts';

type Offsets = ReadonlyMap<string, number>;

/** What the last process left in a directory; offsets by `<topic>-<partition>`. */
export interface DirectoryFacts {
  /** Undefined after an unclean stop. */
  readonly cleanBrokerEpoch: number | undefined;
  readonly recoveryPoints: Offsets;
  readonly highWatermarks: Offsets;
  readonly logStarts: Offsets;
  readonly cleanPoints: Offsets;
}

/** Takes the directory for this process and reads what the last one left. Throws LogOfflineError or DiskError. */
export async function openDirectory(disk: Disk, path: string): Promise<DirectoryFacts> {
  disk.makeDirectory(path);
  const lockPath = `${path}/${directoryFiles.lock}`;
  if (!disk.lock(lockPath)) {
    throw new LogOfflineError(`${path} is in use by another process`, { path: lockPath });
  }
  const markerPath = `${path}/${directoryFiles.cleanShutdown}`;
  const marker = readIfThere(disk, markerPath);
  const facts: DirectoryFacts = {
    cleanBrokerEpoch: marker === undefined ? undefined : decodeCleanShutdown(marker),
    recoveryPoints: readOffsets(disk, path, directoryFiles.recoveryPoints),
    highWatermarks: readOffsets(disk, path, directoryFiles.highWatermarks),
    logStarts: readOffsets(disk, path, directoryFiles.logStarts),
    cleanPoints: readOffsets(disk, path, directoryFiles.cleaner),
  };
  if (marker !== undefined) {
    disk.remove(markerPath);
    // A marker that came back after a power failure would have the next start trust what was never synced.
    await disk.syncDirectory(path);
  }
  return facts;
}

/** Lets another LogStore, of this process or the next one, have the directory. */
export function closeDirectory(disk: Disk, path: string): void {
  disk.unlock(`${path}/${directoryFiles.lock}`);
}

/** Says that every log of the directory was closed and all checkpoints are written. */
export function writeCleanMarker(disk: Disk, path: string, brokerEpoch: number): void {
  disk.replaceFile(`${path}/${directoryFiles.cleanShutdown}`, Buffer.from(encodeCleanShutdown(brokerEpoch)));
}

export function readIfThere(disk: Disk, path: string): string | undefined {
  try {
    return disk.readFile(path).toString();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A checkpoint that is missing or damaged costs a longer scan, nothing else. */
function readOffsets(disk: Disk, path: string, name: string): Offsets {
  return decodeOffsets(readIfThere(disk, `${path}/${name}`) ?? '') ?? new Map();
}

/** Every log that a checkpoint speaks of. */
export function namesIn({ recoveryPoints, highWatermarks, logStarts }: DirectoryFacts): Set<string> {
  return new Set([...recoveryPoints.keys(), ...highWatermarks.keys(), ...logStarts.keys()]);
}

export function asOffline(error: unknown, path: string): LogOfflineError {
  if (error instanceof LogOfflineError) return error;
  if (!(error instanceof DiskError)) throw error;
  return new LogOfflineError(`${path} cannot be used: ${error.code} at ${error.path}`, { path, cause: error });
}
