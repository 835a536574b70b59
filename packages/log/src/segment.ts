/**
 * One segment: a run of batches in `<base>.log` and what finds them again. It knows two sizes: what was accepted, and
 * what is written. Index entries are made when a batch is written, at the granularity of batches as Kafka 4.3 does:
 * when more than index.interval.bytes lie behind the last entry, (last offset of the batch, its position) and (largest
 * timestamp so far, its offset).
 */
import { DiskError, type DiskFile, type OpenMode } from '@tidelog/core';
import { readBatchHeader } from '@tidelog/protocol';
import { Chunks } from '@tidelog/core';
import { BatchScan } from './batch-scan.ts';
import type { AdmittedBatch } from './core/admission.ts';
import { offsetName, suffixes } from './core/segment-names.ts';
import type { FileHandles } from './file-handles.ts';
import type { IndexCache } from './index-cache.ts';
import { IndexFile } from './index-file.ts';
import { TransactionIndexFile } from './transaction-index-file.ts';

/** Read at a time when headers are looked for. */
const scanBytes = 64 * 1024;

export interface SegmentHost {
  readonly handles: FileHandles;
  readonly cache: IndexCache;
}

export interface SegmentStart {
  readonly directory: string;
  readonly baseOffset: number;
  /** Bytes in the file. */
  readonly sizeInBytes: number;
  readonly createdAt: number;
  readonly jitterMs: number;
  readonly hasTxnIndex: boolean;
  /** What its files' names end in until it is one of the log's own: `.cleaned`. */
  readonly suffix?: string;
}

export type WrittenBatch = Pick<AdmittedBatch, 'sizeInBytes' | 'lastOffset' | 'maxTimestamp'>;

export interface Place {
  readonly position: number;
  /** An index names it; otherwise it is the front, or where a read has ended. */
  readonly isIndexed: boolean;
}

interface Newest {
  readonly timestamp: number;
  /** Last offset of the first batch that has it. */
  readonly offset: number;
}

const noTimestamp: Newest = { timestamp: -1, offset: -1 };

export class Segment {
  readonly baseOffset: number;
  readonly createdAt: number;
  readonly jitterMs: number;
  readonly offsetIndex: IndexFile;
  readonly timeIndex: IndexFile;
  readonly transactions: TransactionIndexFile;
  /** Accepted; the file may be shorter. */
  sizeInBytes: number;
  /** In the file. */
  writtenBytes: number;
  modifiedAt: number;
  /** Bytes of a failed write may stand behind writtenBytes; they are cut off before the next one. */
  needsTrim = false;
  readonly #directory: string;
  #suffix: string;
  #path: string;
  readonly #handles: FileHandles;
  #firstTimestamp: number | undefined;
  #newest: Newest | undefined;
  #bytesSinceEntry = 0;
  /** Where the last file read ended: the next one in sequence begins there without a lookup. */
  #cursor: { readonly offset: number; readonly position: number } | undefined;

  constructor(start: SegmentStart, host: SegmentHost) {
    this.baseOffset = start.baseOffset;
    this.createdAt = start.createdAt;
    this.modifiedAt = start.createdAt;
    this.jitterMs = start.jitterMs;
    this.sizeInBytes = start.sizeInBytes;
    this.writtenBytes = start.sizeInBytes;
    this.#directory = start.directory;
    this.#suffix = start.suffix ?? '';
    this.#path = this.pathOf(suffixes.log);
    this.#handles = host.handles;
    const transactionsPath = (): string => this.pathOf(suffixes.txnIndex);
    this.transactions = new TransactionIndexFile(transactionsPath, host.handles, start.hasTxnIndex);
    this.offsetIndex = new IndexFile('offset', this.pathOf(suffixes.index), host);
    this.timeIndex = new IndexFile('time', this.pathOf(suffixes.timeIndex), host);
    if (start.sizeInBytes === 0) this.#startEmpty();
  }

  get path(): string {
    return this.#path;
  }

  pathOf(suffix: string): string {
    return `${this.#directory}/${offsetName(this.baseOffset)}${suffix}${this.#suffix}`;
  }

  /** The .log file, for use within this turn. */
  file(mode: OpenMode): DiskFile {
    return this.#handles.get(this.#path, mode);
  }

  use<T>(mode: OpenMode, operation: (file: DiskFile) => Promise<T>): Promise<T> {
    return this.#handles.use(this.#path, mode, operation);
  }

  /** The largest timestamp of the first accepted batch: the clock of segment.ms. -1 when there is none. */
  get firstTimestamp(): number {
    if (this.#firstTimestamp === undefined) {
      const head = this.file('read').read(0, 61);
      this.#firstTimestamp = readBatchHeader(Chunks.of(head))?.maxTimestamp ?? -1;
    }
    return this.#firstTimestamp;
  }

  /** The largest timestamp, and where it is. */
  get newest(): Newest {
    if (this.#newest === undefined) {
      const { last } = this.timeIndex;
      this.#newest = last === undefined ? noTimestamp : { timestamp: last.key, offset: last.value + this.baseOffset };
    }
    return this.#newest;
  }

  /** -1 when no batch has one. */
  get maxTimestamp(): number {
    return this.newest.timestamp;
  }

  /** Takes note that bytes were accepted for the end of this segment. */
  onAccepted(bytes: number, maxTimestamp: number): void {
    if (this.sizeInBytes === 0) this.#firstTimestamp = maxTimestamp;
    this.sizeInBytes += bytes;
  }

  /** Takes note that a batch was written at the end of the file. */
  onWritten(batch: WrittenBatch, indexIntervalBytes: number): void {
    if (batch.maxTimestamp > this.maxTimestamp) {
      this.#newest = { timestamp: batch.maxTimestamp, offset: batch.lastOffset };
    }
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      this.offsetIndex.append(batch.lastOffset - this.baseOffset, this.writtenBytes);
      this.#indexTime();
      this.#bytesSinceEntry = 0;
    }
    this.writtenBytes += batch.sizeInBytes;
    if (this.sizeInBytes < this.writtenBytes) this.sizeInBytes = this.writtenBytes;
    this.#bytesSinceEntry += batch.sizeInBytes;
  }

  /** What was accepted and not written is lost. */
  revertToWritten(): void {
    this.sizeInBytes = this.writtenBytes;
    if (this.writtenBytes === 0) this.#startEmpty();
  }

  /** The segment takes no more batches: its largest timestamp becomes findable. */
  seal(): void {
    if (this.sizeInBytes > 0 && this.#newest !== undefined) this.#indexTime();
  }

  /** Puts what is known of the indexes into their files. */
  spillIndexes(options: { readonly sync: boolean }): void {
    this.offsetIndex.spill(options);
    this.timeIndex.spill(options);
    this.transactions.spill();
  }

  get wantsSpill(): boolean {
    return this.offsetIndex.wantsSpill || this.timeIndex.wantsSpill || this.transactions.wantsSpill;
  }

  /** A place at or before the batch that holds the offset. What an index says is to be checked (segment-place.ts). */
  placeBefore(offset: number): Place {
    const cursor = this.#cursor;
    if (cursor !== undefined && cursor.offset === offset) return { position: cursor.position, isIndexed: false };
    const entry = this.offsetIndex.floor(offset - this.baseOffset);
    if (entry === undefined || entry.value >= this.writtenBytes) return { position: 0, isIndexed: false };
    return { position: entry.value, isIndexed: entry.value > 0 };
  }

  rememberPosition(offset: number, position: number): void {
    this.#cursor = { offset, position };
  }

  /** Makes the files exist, so that a restart finds where an empty log begins. */
  create(): void {
    this.#handles.once(this.#path, 'write', () => undefined);
  }

  /** Cuts the file and the indexes at a position that a batch begins at. */
  truncateTo(position: number, offset: number): void {
    this.file('write').truncate(position);
    this.sizeInBytes = position;
    this.writtenBytes = position;
    this.#cursor = undefined;
    this.offsetIndex.truncateWhere((entry) => entry.value >= position);
    this.timeIndex.truncateWhere((entry) => entry.value + this.baseOffset >= offset);
    this.transactions.truncate(offset);
    this.#newest = undefined;
    this.#bytesSinceEntry = 0;
    if (position === 0) this.#startEmpty();
    else this.#findNewest();
  }

  /** Before a scan that rebuilds everything that is derived from the log file. */
  forgetDerived(): void {
    this.#startEmpty();
    this.writtenBytes = 0;
    this.transactions.startEmpty();
  }

  /** What the indexes say was found wrong: everything is looked up from the front until the next restart. */
  distrustIndexes(): void {
    // Known before the index that names it is emptied.
    this.#newest = this.newest;
    this.#cursor = undefined;
    this.offsetIndex.startEmpty();
    this.timeIndex.startEmpty();
  }

  /** The files of this segment that exist or may exist. */
  paths(): string[] {
    const { index, timeIndex, txnIndex } = suffixes;
    return [this.#path, this.pathOf(index), this.pathOf(timeIndex), this.pathOf(txnIndex)];
  }

  close(): void {
    this.#handles.forget(this.#path);
    this.offsetIndex.release();
    this.timeIndex.release();
  }

  /** Its files were given another suffix: `.swap`, `.deleted` or none. Who reads it goes on there. */
  becomeSuffixed(suffix: string): void {
    this.close();
    this.#suffix = suffix;
    this.#path = this.pathOf(suffixes.log);
    this.offsetIndex.renameTo(this.pathOf(suffixes.index));
    this.timeIndex.renameTo(this.pathOf(suffixes.timeIndex));
  }

  #startEmpty(): void {
    this.offsetIndex.startEmpty();
    this.timeIndex.startEmpty();
    this.#firstTimestamp = undefined;
    this.#newest = noTimestamp;
    this.#bytesSinceEntry = 0;
    if (this.writtenBytes === 0 && this.sizeInBytes === 0) this.#firstTimestamp = -1;
  }

  /** Looks behind the last entry of the time index for a larger timestamp. */
  #findNewest(): void {
    const { offset } = this.newest;
    let position = offset < 0 ? 0 : this.placeBefore(offset).position;
    while (position < this.writtenBytes) {
      const scan = new BatchScan(this.file('read').read(position, scanBytes));
      for (; scan.look(); scan.skip()) {
        if (scan.maxTimestamp <= this.maxTimestamp) continue;
        this.#newest = { timestamp: scan.maxTimestamp, offset: scan.lastOffset };
      }
      if (scan.at === 0) return;
      position += scan.at;
    }
  }

  #indexTime(): void {
    const { timestamp, offset } = this.newest;
    const last = this.timeIndex.last;
    if (timestamp < 0 || (last !== undefined && timestamp <= last.key)) return;
    this.timeIndex.append(timestamp, offset - this.baseOffset);
  }
}

/** Removes a file that may not be there. */
export function isMissing(error: unknown): boolean {
  return error instanceof DiskError && error.code === 'ENOENT';
}
