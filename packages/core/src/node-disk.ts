/**
 * The disk of the Node world. Owns the mapping from the operating system's errors to DiskError, whole writes (a short
 * write goes on or throws), and durable replacement of small files. It never retries a failed sync.
 *
 * Synchronous calls run on the loop because a buffered write of a few KiB takes microseconds there and fifty in the
 * thread pool; whoever finds them slow goes over to the asynchronous ones.
 */
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import { DiskError, type Disk, type DiskErrorCode, type DiskFile, type FileStat, type OpenMode } from './world.ts';

const knownCodes: ReadonlySet<string> = new Set(['ENOENT', 'EEXIST', 'ENOSPC', 'EIO', 'EMFILE', 'EACCES', 'ENOTDIR']);
/** Small pieces are gathered here, because an iovec per piece costs more than copying it. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024);
const gatherPiecesMin = 5;

export class NodeDisk implements Disk {
  readonly #locks = new Map<string, { close(): void }>();

  open(path: string, mode: OpenMode): DiskFile {
    const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants;
    return attempt(path, () => new NodeFile(path, fs.openSync(path, mode === 'read' ? O_RDONLY : O_RDWR | O_CREAT)));
  }

  stat(path: string): FileStat | undefined {
    const stat = attempt(path, () => fs.statSync(path, { throwIfNoEntry: false }));
    return stat && { size: stat.size, modifiedMs: stat.mtimeMs, isDirectory: stat.isDirectory() };
  }

  list(directory: string): string[] {
    return attempt(directory, () => fs.readdirSync(directory));
  }

  makeDirectory(path: string): void {
    attempt(path, () => fs.mkdirSync(path, { recursive: true }));
  }

  rename(from: string, to: string): void {
    attempt(from, () => fs.renameSync(from, to));
  }

  remove(path: string): void {
    attempt(path, () => fs.unlinkSync(path));
  }

  removeAsync(path: string): Promise<void> {
    return promised<void>(path, (done) => fs.unlink(path, done));
  }

  removeDirectory(path: string): void {
    attempt(path, () => fs.rmSync(path, { recursive: true, force: true }));
  }

  removeDirectoryAsync(path: string): Promise<void> {
    return promised<void>(path, (done) => fs.rm(path, { recursive: true, force: true }, done));
  }

  readFile(path: string): Buffer {
    return attempt(path, () => fs.readFileSync(path));
  }

  replaceFile(path: string, content: Uint8Array): void {
    const temporary = `${path}.tmp`;
    attempt(path, () => {
      const fd = fs.openSync(temporary, 'w');
      try {
        writeAll(fd, [content], 0);
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
      fs.renameSync(temporary, path);
      const directory = fs.openSync(dirname(path), 'r');
      try {
        fs.fsyncSync(directory);
      } finally {
        fs.closeSync(directory);
      }
    });
  }

  async syncDirectory(path: string): Promise<void> {
    const fd = attempt(path, () => fs.openSync(path, 'r'));
    try {
      await promised<void>(path, (done) => fs.fsync(fd, done));
    } finally {
      fs.closeSync(fd);
    }
  }

  freeBytes(path: string): { readonly total: number; readonly usable: number } {
    const { blocks, bavail, bsize } = attempt(path, () => fs.statfsSync(path));
    return { total: blocks * bsize, usable: bavail * bsize };
  }

  /**
   * Node has no flock. SQLite takes a real lock of the operating system on an empty file, at once, and the kernel
   * gives it back when the process dies, however it dies; it also excludes a JVM's FileChannel.lock on that file.
   */
  lock(path: string): boolean {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
    const database = attempt(path, () => new DatabaseSync(path));
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      if ((error as { errcode?: number }).errcode === 5) return false;
      throw diskError(path, error);
    }
    this.#locks.set(path, database);
    return true;
  }

  unlock(path: string): void {
    this.#locks.get(path)?.close();
    this.#locks.delete(path);
  }
}

class NodeFile implements DiskFile {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  size(): number {
    return attempt(this.path, () => fs.fstatSync(this.#fd).size);
  }

  write(pieces: readonly Uint8Array[], position: number): void {
    try {
      writeAll(this.#fd, pieces, position);
    } catch (error) {
      throw diskError(this.path, error);
    }
  }

  async writeAsync(pieces: readonly Uint8Array[], position: number): Promise<void> {
    let left = pieces;
    let at = position;
    while (left.length > 0) {
      const current = left;
      const offset = at;
      const written = await promised<number>(this.path, (done) => fs.writev(this.#fd, current, offset, done));
      left = behind(left, written);
      at += written;
    }
  }

  read(position: number, length: number): Buffer {
    const buffer = Buffer.allocUnsafe(length);
    return attempt(this.path, () => {
      let done = 0;
      while (done < length) {
        const n = fs.readSync(this.#fd, buffer, done, length - done, position + done);
        if (n === 0) break;
        done += n;
      }
      return done === length ? buffer : buffer.subarray(0, done);
    });
  }

  async readAsync(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const from = done;
      const n = await promised<number>(this.path, (callback) =>
        fs.read(this.#fd, buffer, from, length - from, position + from, callback),
      );
      if (n === 0) break;
      done += n;
    }
    return done === length ? buffer : buffer.subarray(0, done);
  }

  truncate(size: number): void {
    attempt(this.path, () => fs.ftruncateSync(this.#fd, size));
  }

  sync(): Promise<void> {
    return promised<void>(this.path, (done) => fs.fdatasync(this.#fd, done));
  }

  syncNow(): void {
    attempt(this.path, () => fs.fdatasyncSync(this.#fd));
  }

  close(): void {
    attempt(this.path, () => fs.closeSync(this.#fd));
  }
}

function writeAll(fd: number, pieces: readonly Uint8Array[], position: number): void {
  let left = pieces.length >= gatherPiecesMin ? gathered(pieces) : pieces;
  let at = position;
  while (left.length > 0) {
    const first = left[0] as Uint8Array;
    const written = left.length === 1 ? fs.writeSync(fd, first, 0, first.length, at) : fs.writevSync(fd, left, at);
    left = behind(left, written);
    at += written;
  }
}

function gathered(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
  let total = 0;
  for (const piece of pieces) {
    if (total + piece.length > scratch.length) return pieces;
    scratch.set(piece, total);
    total += piece.length;
  }
  return [scratch.subarray(0, total)];
}

/** What is left of the pieces after so many bytes were written. */
function behind(pieces: readonly Uint8Array[], written: number): readonly Uint8Array[] {
  let skip = written;
  let index = 0;
  for (const piece of pieces) {
    if (skip < piece.length) break;
    skip -= piece.length;
    index++;
  }
  if (index === pieces.length) return [];
  const [first, ...rest] = pieces.slice(index);
  return skip === 0 || first === undefined ? pieces.slice(index) : [first.subarray(skip), ...rest];
}

function attempt<T>(path: string, operation: () => T): T {
  try {
    return operation();
  } catch (error) {
    throw diskError(path, error);
  }
}

function promised<T>(path: string, start: (done: (error: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === null ? resolve(value as T) : reject(diskError(path, error))));
  });
}

function diskError(path: string, error: unknown): DiskError {
  if (error instanceof DiskError) return error;
  const raw = (error as { code?: unknown }).code;
  const named =
    raw === 'EROFS' || raw === 'EPERM' ? 'EACCES' : raw === 'ENFILE' ? 'EMFILE' : raw === 'EDQUOT' ? 'ENOSPC' : raw;
  const code = typeof named === 'string' && knownCodes.has(named) ? (named as DiskErrorCode) : 'OTHER';
  return new DiskError(code, path, error);
}
