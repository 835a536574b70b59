/** The `.txnindex` of one segment: made at the first abort, read when somebody asks, small enough to be kept whole. */
import { decodeAborted, encodeAborted, txnEntryBytes, type AbortedEntry } from './core/transaction-index.ts';
import type { FileHandles } from './file-handles.ts';

export class TransactionIndexFile {
  readonly #path: () => string;
  readonly #handles: FileHandles;
  #exists: boolean;
  #entries: AbortedEntry[] | undefined;

  constructor(path: () => string, handles: FileHandles, exists: boolean) {
    this.#path = path;
    this.#handles = handles;
    this.#exists = exists;
  }

  entries(): readonly AbortedEntry[] {
    if (this.#entries === undefined) {
      const content = this.#exists
        ? this.#handles.once(this.#path(), 'read', (file) => file.read(0, file.size()))
        : Buffer.alloc(0);
      const whole = content.subarray(0, content.length - (content.length % txnEntryBytes));
      this.#entries = decodeAborted(whole) ?? [];
    }
    return this.#entries;
  }

  add(entry: AbortedEntry): void {
    const known = this.entries();
    this.#handles.once(this.#path(), 'write', (file) => {
      file.write([encodeAborted(entry)], known.length * txnEntryBytes);
    });
    this.#exists = true;
    this.#entries = [...known, entry];
  }

  /** Drops the aborted transactions whose marker lies at or above the offset. */
  truncate(offset: number): void {
    if (this.#exists) this.#keep(this.entries().filter((entry) => entry.lastOffset < offset));
  }

  /** Before a scan that finds them all again. */
  startEmpty(): void {
    if (this.#exists) this.#keep([]);
  }

  #keep(entries: AbortedEntry[]): void {
    this.#handles.once(this.#path(), 'write', (file) => file.truncate(entries.length * txnEntryBytes));
    this.#entries = entries;
  }
}
