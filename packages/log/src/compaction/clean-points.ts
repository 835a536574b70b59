/**
 * `cleaner-offset-checkpoint` of a log directory: up to where each of its logs is clean. It must never say more than
 * is so: a tombstone in a part that is wrongly taken for clean would go and leave what it deletes. So it is written
 * at once when a point moves back or its log is deleted, and when a cleaning has ended; otherwise only when something
 * changed.
 */
import type { Disk } from '@tidelog/core';
import { encodeOffsets, type CheckpointEntry } from '../core/checkpoint-text.ts';
import { directoryFiles } from '../core/segment-names.ts';
import type { DirectoryHealth } from '../log-context.ts';
import type { LogState } from '../log-state.ts';

export class CleanPoints {
  readonly #disk: Disk;
  readonly #logs: () => Iterable<LogState>;
  /** What is in the file; undefined before it was looked at. */
  readonly #written = new Map<DirectoryHealth, string>();

  constructor(disk: Disk, logs: () => Iterable<LogState>) {
    this.#disk = disk;
    this.#logs = logs;
  }

  /** What the last process has left, so that an unchanged file is not written again. */
  onLoaded(directory: DirectoryHealth, offsets: ReadonlyMap<string, number>): void {
    let same = true;
    let known = 0;
    for (const { name, cleanPoint } of this.#of(directory)) {
      if (cleanPoint === undefined) continue;
      known++;
      same &&= offsets.get(name) === cleanPoint;
    }
    if (same && known === offsets.size) this.#written.set(directory, this.#text(directory));
    else this.write(directory);
  }

  /** Throws DiskError. */
  write(directory: DirectoryHealth): void {
    const text = this.#text(directory);
    const before = this.#written.get(directory);
    if (text === before) return;
    this.#written.delete(directory);
    this.#disk.replaceFile(`${directory.path}/${directoryFiles.cleaner}`, Buffer.from(text));
    this.#written.set(directory, text);
  }

  #text(directory: DirectoryHealth): string {
    const entries: CheckpointEntry[] = [];
    for (const { identity, cleanPoint } of this.#of(directory)) {
      if (cleanPoint === undefined) continue;
      entries.push({ topic: identity.topic, partition: identity.partition, offset: cleanPoint });
    }
    return encodeOffsets(entries);
  }

  *#of(directory: DirectoryHealth): Generator<LogState, void, undefined> {
    for (const state of this.#logs()) if (state.directory === directory) yield state;
  }
}
