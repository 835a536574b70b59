/**
 * One offset or time index: entries of fixed size, ascending, as bytes. New entries gather in memory and go to the file
 * in batches; what is in the file is read when somebody looks. It is never trusted after an unclean stop, so it needs
 * no checksum: it is rebuilt from the log.
 *
 *   .index      relativeOffset i32 | position i32              (key: relativeOffset)
 *   .timeindex  timestamp i64 | relativeOffset i32             (key: timestamp)
 *
 *   entries     [ 0 ........ inFile ) on disk, cached when read    [ inFile .. count ) in memory only
 */
import { DiskError } from '@tidelog/core';
import type { FileHandles } from './file-handles.ts';
import type { IndexCache } from './index-cache.ts';

/** Entries kept back before they are appended to the file. */
const spillEntries = 512;

export interface IndexEntry {
  readonly key: number;
  readonly value: number;
}

export type IndexKind = 'offset' | 'time';

export class IndexFile {
  readonly kind: IndexKind;
  readonly entryBytes: number;
  #path: string;
  readonly #handles: FileHandles;
  readonly #cache: IndexCache;
  /** Entries in the file; -1 before anybody has looked. */
  #inFile = -1;
  /** The file may hold entries of somebody before us; the next spill cuts them off. */
  #hasLeftovers = false;
  #tail: Buffer | undefined;
  #tailCount = 0;
  #last: IndexEntry | undefined;

  constructor(kind: IndexKind, path: string, { handles, cache }: { handles: FileHandles; cache: IndexCache }) {
    this.kind = kind;
    this.entryBytes = kind === 'offset' ? 8 : 12;
    this.#path = path;
    this.#handles = handles;
    this.#cache = cache;
  }

  get path(): string {
    return this.#path;
  }

  get count(): number {
    this.#look();
    return this.#inFile + this.#tailCount;
  }

  get last(): IndexEntry | undefined {
    this.#look();
    return this.#last;
  }

  /** A file that was just made or is about to be rebuilt: nothing in it counts. */
  startEmpty(): void {
    this.#cache.forget(this);
    this.#inFile = 0;
    this.#hasLeftovers = true;
    this.#tail = undefined;
    this.#tailCount = 0;
    this.#last = undefined;
  }

  append(key: number, value: number): void {
    this.#look();
    this.#tail ??= Buffer.allocUnsafe(8 * this.entryBytes);
    if ((this.#tailCount + 1) * this.entryBytes > this.#tail.length) {
      const bigger = Buffer.allocUnsafe(this.#tail.length * 4);
      this.#tail.copy(bigger);
      this.#tail = bigger;
    }
    this.#encode(this.#tail, this.#tailCount * this.entryBytes, key, value);
    this.#tailCount++;
    this.#last = { key, value };
  }

  /** Whether enough entries wait that they should go to the file. */
  get wantsSpill(): boolean {
    return this.#tailCount >= spillEntries;
  }

  /** Appends to the file what is in memory only; with `sync` it is durable when this returns. */
  spill(options: { readonly sync: boolean }): void {
    if (this.#inFile < 0 || (this.#tailCount === 0 && !options.sync && !this.#hasLeftovers)) return;
    this.#handles.once(this.#path, 'write', (file) => {
      const size = this.#inFile * this.entryBytes;
      if (this.#tail !== undefined && this.#tailCount > 0) {
        file.write([this.#tail.subarray(0, this.#tailCount * this.entryBytes)], size);
      }
      const end = size + this.#tailCount * this.entryBytes;
      if (file.size() > end) file.truncate(end);
      if (options.sync) file.syncNow();
    });
    this.#hasLeftovers = false;
    this.#inFile += this.#tailCount;
    this.#tail = undefined;
    this.#tailCount = 0;
    this.#cache.forget(this);
  }

  /** The last entry whose key is at most the given one. */
  floor(key: number): IndexEntry | undefined {
    this.#look();
    if (this.#tail !== undefined && this.#tailCount > 0 && this.#keyAt(this.#tail, 0) <= key) {
      return this.#floorIn(this.#tail, this.#tailCount, key);
    }
    return this.#inFile > 0 ? this.#floorIn(this.#content(), this.#inFile, key) : undefined;
  }

  /** Drops the entries from the first one on that the predicate holds for. */
  truncateWhere(isBeyond: (entry: IndexEntry) => boolean): void {
    const entries = this.entries();
    const kept = entries.findIndex(isBeyond);
    if (kept < 0) return;
    this.startEmpty();
    this.#handles.once(this.#path, 'write', (file) => file.truncate(0));
    for (const entry of entries.slice(0, kept)) this.append(entry.key, entry.value);
  }

  entries(): IndexEntry[] {
    this.#look();
    const out: IndexEntry[] = [];
    if (this.#inFile > 0) {
      const content = this.#content();
      for (let i = 0; i < this.#inFile; i++) out.push(this.#entryAt(content, i));
    }
    for (let i = 0; this.#tail !== undefined && i < this.#tailCount; i++) out.push(this.#entryAt(this.#tail, i));
    return out;
  }

  renameTo(path: string): void {
    this.#path = path;
  }

  /** Gives memory back: nothing but the count stays. */
  release(): void {
    this.#cache.forget(this);
  }

  #look(): void {
    if (this.#inFile >= 0) return;
    this.#inFile = 0;
    const content = this.#content();
    const whole = Math.floor(content.length / this.entryBytes);
    // Kafka presizes the index of an active segment with zeros, which are no entries behind the first.
    let count = whole;
    while (count > 0 && this.#isPadding(content, count - 1)) count--;
    this.#inFile = count;
    this.#last = count > 0 ? this.#entryAt(content, count - 1) : undefined;
  }

  #isPadding(content: Buffer, index: number): boolean {
    const entry = this.#entryAt(content, index);
    return entry.key === 0 && entry.value === 0;
  }

  #content(): Buffer {
    const cached = this.#cache.get(this);
    if (cached !== undefined) return cached;
    let content: Buffer;
    try {
      content = this.#handles.once(this.#path, 'read', (file) => file.read(0, file.size()));
    } catch (error) {
      if (!(error instanceof DiskError) || error.code !== 'ENOENT') throw error;
      content = Buffer.alloc(0);
    }
    this.#cache.put(this, content);
    return content;
  }

  #floorIn(bytes: Buffer, count: number, key: number): IndexEntry | undefined {
    let low = 0;
    let high = Math.min(count, Math.floor(bytes.length / this.entryBytes)) - 1;
    if (high < 0 || this.#keyAt(bytes, 0) > key) return undefined;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#keyAt(bytes, middle) <= key) low = middle;
      else high = middle - 1;
    }
    return this.#entryAt(bytes, low);
  }

  #keyAt(bytes: Buffer, index: number): number {
    const at = index * this.entryBytes;
    return this.kind === 'offset' ? bytes.readInt32BE(at) : int64(bytes, at);
  }

  #entryAt(bytes: Buffer, index: number): IndexEntry {
    const at = index * this.entryBytes;
    return { key: this.#keyAt(bytes, index), value: bytes.readInt32BE(at + this.entryBytes - 4) };
  }

  #encode(bytes: Buffer, at: number, key: number, value: number): void {
    if (this.kind === 'offset') {
      bytes.writeInt32BE(key, at);
    } else {
      bytes.writeInt32BE(Math.floor(key / 0x1_0000_0000), at);
      bytes.writeUInt32BE(key >>> 0, at + 4);
    }
    bytes.writeInt32BE(value, at + this.entryBytes - 4);
  }
}

function int64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
