/**
 * A disk in memory that fails like a real one: it knows what was synced and what was not, loses the rest in a crash
 * (whole, or torn at sectors), fills up, and returns whatever error a test asks for. Names follow the order in which
 * they were changed, as with a journalling file system: a crash keeps all changes up to the last directory sync and an
 * arbitrary run of those after it.
 */
import { type Random } from '../random.ts';
import { DiskError, type Disk, type DiskErrorCode, type DiskFile, type FileStat, type OpenMode } from '../world.ts';
import { MemoryFileContent } from './memory-file-content.ts';
import { applyChange, copyTree, filesOf, lookUp, MemoryDirectory, type NameChange } from './memory-tree.ts';

export type DiskOperation = 'open' | 'read' | 'write' | 'sync' | 'truncate' | 'name' | 'syncDirectory';

export interface MemoryDiskOptions {
  /** Runs the completion of an asynchronous operation; default: as a microtask. */
  readonly defer?: (completion: () => void) => void;
  readonly wall?: () => number;
}

export class MemoryDisk implements Disk {
  /** Asked before every operation; an error code makes it fail. A failing write has written its first half. */
  fault: ((operation: DiskOperation, path: string) => DiskErrorCode | undefined) | undefined;
  capacityBytes = Infinity;
  /** Files open now, and the most that may be. */
  openFiles = 0;
  maxOpenFiles = Infinity;
  readonly #defer: (completion: () => void) => void;
  readonly #wall: () => number;
  #visible = new MemoryDirectory();
  #durable = new MemoryDirectory();
  #changes: NameChange[] = [];
  readonly #locks = new Set<string>();
  #generation = 0;

  constructor({ defer = queueMicrotask, wall = () => 0 }: MemoryDiskOptions = {}) {
    this.#defer = defer;
    this.#wall = wall;
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.#check('open', path);
    if (this.openFiles >= this.maxOpenFiles) throw new DiskError('EMFILE', path);
    let node = lookUp(this.#visible, path);
    if (node instanceof MemoryDirectory) throw new DiskError('OTHER', path);
    if (node === undefined) {
      if (mode === 'read') throw new DiskError('ENOENT', path);
      node = new MemoryFileContent();
      node.modifiedMs = this.#wall();
      this.#name({ kind: 'add', path, file: node });
    }
    const generation = this.#generation;
    this.openFiles++;
    return new MemoryFile(path, node, {
      check: (operation) => {
        if (generation !== this.#generation) throw new DiskError('OTHER', path);
        return this.#faultOf(operation, path);
      },
      room: () => this.capacityBytes - this.usedBytes(),
      defer: this.#defer,
      wall: this.#wall,
      onClose: () => {
        if (generation === this.#generation) this.openFiles--;
      },
    });
  }

  stat(path: string): FileStat | undefined {
    const node = lookUp(this.#visible, path);
    if (node === undefined) return undefined;
    if (node instanceof MemoryDirectory) return { size: 0, modifiedMs: 0, isDirectory: true };
    return { size: node.size, modifiedMs: node.modifiedMs, isDirectory: false };
  }

  list(directory: string): string[] {
    const node = lookUp(this.#visible, directory);
    if (!(node instanceof MemoryDirectory)) throw new DiskError(node === undefined ? 'ENOENT' : 'ENOTDIR', directory);
    return [...node.children.keys()];
  }

  makeDirectory(path: string): void {
    this.#check('name', path);
    if (lookUp(this.#visible, path) === undefined) this.#name({ kind: 'directory', path });
  }

  rename(from: string, to: string): void {
    this.#check('name', from);
    this.#name({ kind: 'rename', from, to });
  }

  remove(path: string): void {
    this.#check('name', path);
    this.#name({ kind: 'remove', path });
  }

  removeAsync(path: string): Promise<void> {
    return deferred(this.#defer, () => this.remove(path));
  }

  removeDirectory(path: string): void {
    this.#check('name', path);
    if (lookUp(this.#visible, path) !== undefined) this.#name({ kind: 'remove', path });
  }

  removeDirectoryAsync(path: string): Promise<void> {
    return deferred(this.#defer, () => this.removeDirectory(path));
  }

  readFile(path: string): Buffer {
    this.#check('read', path);
    const node = lookUp(this.#visible, path);
    if (!(node instanceof MemoryFileContent)) throw new DiskError('ENOENT', path);
    return node.read(0, node.size);
  }

  replaceFile(path: string, content: Uint8Array): void {
    const file = this.open(`${path}.tmp`, 'write');
    try {
      file.truncate(0);
      file.write([content], 0);
      file.syncNow();
    } finally {
      file.close();
    }
    this.rename(`${path}.tmp`, path);
    this.#check('syncDirectory', path);
    this.#syncNames();
  }

  syncDirectory(path: string): Promise<void> {
    return deferred(this.#defer, () => {
      this.#check('syncDirectory', path);
      this.#syncNames();
    });
  }

  freeBytes(): { readonly total: number; readonly usable: number } {
    const total = Math.min(this.capacityBytes, Number.MAX_SAFE_INTEGER);
    return { total, usable: Math.max(0, total - this.usedBytes()) };
  }

  lock(path: string): boolean {
    if (this.#locks.has(path)) return false;
    this.#locks.add(path);
    return true;
  }

  unlock(path: string): void {
    this.#locks.delete(path);
  }

  usedBytes(): number {
    let used = 0;
    for (const file of filesOf(this.#visible)) used += file.size;
    return used;
  }

  /** Power is lost. Every handle is dead; of what was not synced each sector survives with the given probability. */
  crash(random: Random, keepProbability = 0): void {
    this.#generation++;
    this.openFiles = 0;
    this.#locks.clear();
    const kept = keepProbability === 0 ? 0 : random.below(this.#changes.length + 1);
    for (const change of this.#changes.slice(0, kept)) applyChange(this.#durable, change);
    this.#changes = [];
    for (const file of filesOf(this.#durable)) file.crash(random, keepProbability);
    this.#visible = copyTree(this.#durable);
  }

  /** The process dies and the machine lives: handles and locks are gone, nothing else. */
  killProcess(): void {
    this.#generation++;
    this.openFiles = 0;
    this.#locks.clear();
  }

  flipBit(path: string, { position, bit }: { readonly position: number; readonly bit: number }): void {
    const node = lookUp(this.#visible, path);
    if (!(node instanceof MemoryFileContent)) throw new DiskError('ENOENT', path);
    node.flipBit(position, bit);
  }

  #faultOf(operation: DiskOperation, path: string): DiskErrorCode | undefined {
    return this.fault?.(operation, path);
  }

  #check(operation: DiskOperation, path: string): void {
    const code = this.#faultOf(operation, path);
    if (code !== undefined) throw new DiskError(code, path);
  }

  #name(change: NameChange): void {
    applyChange(this.#visible, change);
    this.#changes.push(change);
  }

  #syncNames(): void {
    for (const change of this.#changes) applyChange(this.#durable, change);
    this.#changes = [];
  }
}

interface FileHost {
  check(operation: DiskOperation): DiskErrorCode | undefined;
  room(): number;
  readonly defer: (completion: () => void) => void;
  readonly wall: () => number;
  onClose(): void;
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #content: MemoryFileContent;
  readonly #host: FileHost;
  #closed = false;

  constructor(path: string, content: MemoryFileContent, host: FileHost) {
    this.path = path;
    this.#content = content;
    this.#host = host;
  }

  size(): number {
    this.#check('read');
    return this.#content.size;
  }

  write(pieces: readonly Uint8Array[], position: number): void {
    const bytes = Buffer.concat(pieces);
    const code = this.#faultOf('write');
    const grows = Math.max(0, position + bytes.length - this.#content.size);
    const room = Math.max(0, this.#host.room());
    let written = bytes.length;
    if (code !== undefined) written >>= 1;
    else if (grows > room) written = Math.max(0, bytes.length - (grows - room));
    if (written > 0) this.#content.write(bytes.subarray(0, written), position);
    this.#content.modifiedMs = this.#host.wall();
    if (code !== undefined) throw new DiskError(code, this.path);
    if (written < bytes.length) throw new DiskError('ENOSPC', this.path);
  }

  writeAsync(pieces: readonly Uint8Array[], position: number): Promise<void> {
    return deferred(this.#host.defer, () => this.write(pieces, position));
  }

  read(position: number, length: number): Buffer {
    this.#check('read');
    return this.#content.read(position, length);
  }

  readAsync(position: number, length: number): Promise<Buffer> {
    return deferred(this.#host.defer, () => this.read(position, length));
  }

  truncate(size: number): void {
    this.#check('truncate');
    this.#content.truncate(size);
  }

  /** Covers what was written before the call; what is written while it runs needs another one. */
  sync(): Promise<void> {
    const upTo = this.#content.changeCount;
    return deferred(this.#host.defer, () => {
      this.#check('sync');
      this.#content.sync(upTo);
    });
  }

  syncNow(): void {
    this.#check('sync');
    this.#content.sync();
  }

  close(): void {
    if (this.#closed) throw new DiskError('OTHER', this.path);
    this.#closed = true;
    this.#host.onClose();
  }

  #faultOf(operation: DiskOperation): DiskErrorCode | undefined {
    if (this.#closed) throw new DiskError('OTHER', this.path, new Error('the file is closed'));
    return this.#host.check(operation);
  }

  #check(operation: DiskOperation): void {
    const code = this.#faultOf(operation);
    if (code !== undefined) throw new DiskError(code, this.path);
  }
}

function deferred<T>(defer: (completion: () => void) => void, operation: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    defer(() => {
      try {
        resolve(operation());
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  });
}
