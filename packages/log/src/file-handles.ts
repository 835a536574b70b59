/**
 * The files that are held open, over all logs: at most so many, the least recently used closed first. A file that an
 * asynchronous operation is using is never closed under it. When the process runs out of descriptors anyway (EMFILE),
 * half of them are given back and the open is tried once more.
 */
import { DiskError, type Disk, type DiskFile, type OpenMode } from '@tidelog/core';

interface Handle {
  readonly file: DiskFile;
  readonly mode: OpenMode;
  users: number;
  /** Closed as soon as the last user is done. */
  doomed: boolean;
}

export class FileHandles {
  readonly #disk: Disk;
  readonly #max: number;
  /** Least recently used first. */
  readonly #open = new Map<string, Handle>();

  constructor(disk: Disk, max: number) {
    this.#disk = disk;
    this.#max = Math.max(1, max);
  }

  get size(): number {
    return this.#open.size;
  }

  /** The file, open until others push it out: for use within this turn only. */
  get(path: string, mode: OpenMode): DiskFile {
    return this.#handle(path, mode).file;
  }

  /** Runs an asynchronous operation on the file and keeps it open meanwhile. */
  async use<T>(path: string, mode: OpenMode, operation: (file: DiskFile) => Promise<T>): Promise<T> {
    const handle = this.#handle(path, mode);
    handle.users++;
    try {
      return await operation(handle.file);
    } finally {
      handle.users--;
      if (handle.doomed && handle.users === 0) handle.file.close();
    }
  }

  /** Opens a file for a moment only, outside the cache. */
  once<T>(path: string, mode: OpenMode, operation: (file: DiskFile) => T): T {
    const file = this.#openFile(path, mode);
    try {
      return operation(file);
    } finally {
      file.close();
    }
  }

  /** Closes a file, now or when its users are done: it is about to be renamed, removed or given up. */
  forget(path: string): void {
    const handle = this.#open.get(path);
    if (handle === undefined) return;
    this.#open.delete(path);
    close(handle);
  }

  closeAll(): void {
    for (const path of this.#open.keys()) this.forget(path);
  }

  #handle(path: string, mode: OpenMode): Handle {
    const known = this.#open.get(path);
    if (known !== undefined) {
      if (known.mode === 'write' || mode === 'read') {
        if (this.#open.size > 1) {
          this.#open.delete(path);
          this.#open.set(path, known);
        }
        return known;
      }
      this.forget(path);
    }
    this.#shrinkTo(this.#max - 1);
    const handle: Handle = { file: this.#openFile(path, mode), mode, users: 0, doomed: false };
    this.#open.set(path, handle);
    return handle;
  }

  #openFile(path: string, mode: OpenMode): DiskFile {
    try {
      return this.#disk.open(path, mode);
    } catch (error) {
      if (!(error instanceof DiskError) || error.code !== 'EMFILE' || this.#open.size === 0) throw error;
      this.#shrinkTo(this.#open.size >> 1);
      return this.#disk.open(path, mode);
    }
  }

  #shrinkTo(size: number): void {
    if (this.#open.size <= size) return;
    for (const [path, handle] of this.#open) {
      if (handle.users > 0) continue;
      this.#open.delete(path);
      handle.file.close();
      if (this.#open.size <= size) return;
    }
  }
}

function close(handle: Handle): void {
  if (handle.users === 0) handle.file.close();
  else handle.doomed = true;
}
