/**
 * The real disk, for as long as the process lives. A killed one's files are closed (each as soon as no operation of it
 * is under way in the thread pool, because the descriptor may be given to another file next), its locks are given back,
 * and what it still tries is refused. Nothing that the page cache has is lost: that is a SIGKILL, not a power failure.
 */
import { DiskError, NodeDisk, type Disk, type DiskFile, type FileStat, type OpenMode } from '@tidelog/core';
import type { Gate } from './gate.ts';

export class GatedDisk implements Disk {
  readonly #gate: Gate;
  readonly #disk = new NodeDisk();
  readonly #files = new Set<GatedFile>();
  readonly #locks = new Set<string>();

  constructor(gate: Gate) {
    this.#gate = gate;
    gate.onKill(() => this.#release());
  }

  open(path: string, mode: OpenMode): DiskFile {
    const file = new GatedFile(this.#gate, this.#alive(path).open(path, mode), () => this.#files.delete(file));
    this.#files.add(file);
    return file;
  }

  stat(path: string): FileStat | undefined {
    return this.#alive(path).stat(path);
  }

  list(directory: string): string[] {
    return this.#alive(directory).list(directory);
  }

  makeDirectory(path: string): void {
    this.#alive(path).makeDirectory(path);
  }

  rename(from: string, to: string): void {
    this.#alive(from).rename(from, to);
  }

  remove(path: string): void {
    this.#alive(path).remove(path);
  }

  removeAsync(path: string): Promise<void> {
    return this.#gate.passed(this.#alive(path).removeAsync(path));
  }

  removeDirectory(path: string): void {
    this.#alive(path).removeDirectory(path);
  }

  removeDirectoryAsync(path: string): Promise<void> {
    return this.#gate.passed(this.#alive(path).removeDirectoryAsync(path));
  }

  readFile(path: string): Buffer {
    return this.#alive(path).readFile(path);
  }

  replaceFile(path: string, content: Uint8Array): void {
    this.#alive(path).replaceFile(path, content);
  }

  syncDirectory(path: string): Promise<void> {
    return this.#gate.passed(this.#alive(path).syncDirectory(path));
  }

  freeBytes(path: string): { readonly total: number; readonly usable: number } {
    return this.#alive(path).freeBytes(path);
  }

  lock(path: string): boolean {
    const taken = this.#alive(path).lock(path);
    if (taken) this.#locks.add(path);
    return taken;
  }

  unlock(path: string): void {
    this.#alive(path).unlock(path);
    this.#locks.delete(path);
  }

  #alive(path: string): Disk {
    if (this.#gate.isDead) throw new DiskError('EIO', path);
    return this.#disk;
  }

  #release(): void {
    for (const file of this.#files) file.abandon();
    for (const path of this.#locks) this.#disk.unlock(path);
  }
}

class GatedFile implements DiskFile {
  readonly path: string;
  readonly #gate: Gate;
  readonly #file: DiskFile;
  readonly #onClosed: () => void;
  #underWay = 0;
  #abandoned = false;

  constructor(gate: Gate, file: DiskFile, onClosed: () => void) {
    this.path = file.path;
    this.#gate = gate;
    this.#file = file;
    this.#onClosed = onClosed;
  }

  size(): number {
    return this.#alive().size();
  }

  write(pieces: readonly Uint8Array[], position: number): void {
    this.#alive().write(pieces, position);
  }

  writeAsync(pieces: readonly Uint8Array[], position: number): Promise<void> {
    return this.#later((file) => file.writeAsync(pieces, position));
  }

  read(position: number, length: number): Buffer {
    return this.#alive().read(position, length);
  }

  readAsync(position: number, length: number): Promise<Buffer> {
    return this.#later((file) => file.readAsync(position, length));
  }

  truncate(size: number): void {
    this.#alive().truncate(size);
  }

  sync(): Promise<void> {
    return this.#later((file) => file.sync());
  }

  syncNow(): void {
    this.#alive().syncNow();
  }

  close(): void {
    this.#alive().close();
    this.#onClosed();
  }

  /** The process has died: the descriptor goes when the thread pool has let go of it. */
  abandon(): void {
    this.#abandoned = true;
    if (this.#underWay === 0) this.#file.close();
  }

  #alive(): DiskFile {
    if (this.#gate.isDead) throw new DiskError('EIO', this.path);
    return this.#file;
  }

  async #later<T>(operation: (file: DiskFile) => Promise<T>): Promise<T> {
    const file = this.#alive();
    return await this.#gate.passed(this.#counted(operation(file)));
  }

  async #counted<T>(operation: Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await operation;
    } finally {
      this.#underWay--;
      if (this.#abandoned && this.#underWay === 0) this.#file.close();
    }
  }
}
