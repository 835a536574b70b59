/**
 * The checkpoints of one log directory: recovery points, log starts and high watermarks. They are written now and then,
 * off the loop; and at once where the next step must not happen before them: a recovery point is about to go back, the
 * store stops. What is written at once is newer than what is under way, which gives up. A file whose text has not
 * changed is left alone: an idle broker syncs nothing.
 *
 *   off the loop   fill <name>.next ─▶ sync ─▶ rename, unless a newer write has come ─▶ sync the directory
 */
import type { Disk } from '@tidelog/core';
import { encodeOffsets, type CheckpointEntry } from './core/checkpoint-text.ts';
import { directoryFiles } from './core/segment-names.ts';

export interface DirectoryCheckpoints {
  readonly recoveryPoints: readonly CheckpointEntry[];
  readonly highWatermarks: readonly CheckpointEntry[];
  readonly logStarts: readonly CheckpointEntry[];
}

interface CheckpointFile {
  readonly path: string;
  readonly text: string;
}

export class CheckpointFiles {
  readonly #disk: Disk;
  readonly #directory: string;
  /** By path, what is on stable storage; nothing for a file that is being written or that nobody has written yet. */
  readonly #durable = new Map<string, string>();
  #writes = 0;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** On the loop. Throws DiskError. */
  writeNow(checkpoints: DirectoryCheckpoints): void {
    this.#writes++;
    for (const { path, text } of this.#changed(checkpoints)) {
      this.#durable.delete(path);
      this.#disk.replaceFile(path, Buffer.from(text));
      this.#durable.set(path, text);
    }
  }

  /** Off the loop, one at a time; false when a newer write has come before it. Throws DiskError. */
  async write(checkpoints: DirectoryCheckpoints): Promise<boolean> {
    const mine = ++this.#writes;
    const changed = this.#changed(checkpoints);
    for (const file of changed) await this.#fill(file);
    if (mine !== this.#writes) return false;
    for (const { path } of changed) {
      this.#durable.delete(path);
      this.#disk.rename(nextOf(path), path);
    }
    if (changed.length > 0) await this.#disk.syncDirectory(this.#directory);
    if (mine !== this.#writes) return false;
    for (const { path, text } of changed) this.#durable.set(path, text);
    return true;
  }

  #changed({ recoveryPoints, logStarts, highWatermarks }: DirectoryCheckpoints): CheckpointFile[] {
    const all = [
      { name: directoryFiles.recoveryPoints, entries: recoveryPoints },
      { name: directoryFiles.logStarts, entries: logStarts },
      { name: directoryFiles.highWatermarks, entries: highWatermarks },
    ];
    const files = all.map(({ name, entries }) => ({
      path: `${this.#directory}/${name}`,
      text: encodeOffsets(entries),
    }));
    return files.filter(({ path, text }) => this.#durable.get(path) !== text);
  }

  async #fill({ path, text }: CheckpointFile): Promise<void> {
    const file = this.#disk.open(nextOf(path), 'write');
    try {
      file.truncate(0);
      await file.writeAsync([Buffer.from(text)], 0);
      await file.sync();
    } finally {
      file.close();
    }
  }
}

function nextOf(path: string): string {
  return `${path}.next`;
}
