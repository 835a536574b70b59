/**
 * The `.txnindex` of one segment: made at the first abort, read when somebody asks, small enough to be kept whole. An
 * entry counts from the moment it is added; it goes to the file with the next spill, so that a disk without room costs
 * nothing but another attempt. Entries ascend by their marker.
 */
import { decodeAborted, encodeAborted, txnEntryBytes, type AbortedEntry } from './core/transaction-index.ts';
import type { FileHandles } from './file-handles.ts';

export class TransactionIndexFile {
  readonly #path: () => string;
  readonly #handles: FileHandles;
  #exists: boolean;
  /** What is in the file; undefined before anybody has looked. */
  #written: AbortedEntry[] | undefined;
  #added: AbortedEntry[] = [];

  constructor(path: () => string, handles: FileHandles, exists: boolean) {
    this.#path = path;
    this.#handles = handles;
    this.#exists = exists;
  }

  get wantsSpill(): boolean {
    return this.#added.length > 0;
  }

  entries(): readonly AbortedEntry[] {
    const written = this.#inFile();
    return this.#added.length === 0 ? written : [...written, ...this.#added];
  }

  add(entry: AbortedEntry): void {
    this.#added.push(entry);
  }

  /** Puts into the file what is in memory only. Throws DiskError. */
  spill(): void {
    if (this.#added.length === 0) return;
    const written = this.#inFile();
    const content = this.#added.map((entry) => encodeAborted(entry));
    this.#handles.once(this.#path(), 'write', (file) => {
      file.write(content, written.length * txnEntryBytes);
    });
    this.#exists = true;
    this.#written = [...written, ...this.#added];
    this.#added = [];
  }

  /** Drops the aborted transactions whose marker lies at or above the offset. */
  truncate(offset: number): void {
    this.#added = this.#added.filter((entry) => entry.lastOffset < offset);
    if (this.#exists) this.#keep(this.#inFile().filter((entry) => entry.lastOffset < offset));
  }

  /** Before a scan that finds them all again. */
  startEmpty(): void {
    this.#added = [];
    if (this.#exists) this.#keep([]);
  }

  #inFile(): AbortedEntry[] {
    if (this.#written === undefined) {
      const content = this.#exists
        ? this.#handles.once(this.#path(), 'read', (file) => file.read(0, file.size()))
        : Buffer.alloc(0);
      const whole = content.subarray(0, content.length - (content.length % txnEntryBytes));
      this.#written = decodeAborted(whole) ?? [];
    }
    return this.#written;
  }

  #keep(entries: AbortedEntry[]): void {
    this.#handles.once(this.#path(), 'write', (file) => file.truncate(entries.length * txnEntryBytes));
    this.#written = entries;
  }
}
