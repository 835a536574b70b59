/**
 * The segment that a cleaning writes: `<base>.log.cleaned` with indexes of its own, which nobody reads before it takes
 * the place of others. Batches are gathered in one buffer and written off the loop; the indexes stay in memory until
 * the end (5 MB for a segment of 1 GiB), because each write on the loop may have to wait for the disk.
 */
import type { AbortedEntry } from '../core/transaction-index.ts';
import { suffixes } from '../core/segment-names.ts';
import type { LogState } from '../log-state.ts';
import { removeIfThere } from '../segment-files.ts';
import { Segment } from '../segment.ts';

export interface CleanedBatch {
  readonly bytes: Buffer;
  readonly lastOffset: number;
  /** -1 for a batch without records. */
  readonly maxTimestamp: number;
}

export class CleanedSegment {
  readonly segment: Segment;
  readonly #state: LogState;
  readonly #onWritten: (bytes: number) => Promise<void>;
  readonly #buffer: Buffer;
  #filled = 0;
  #inFile = 0;

  constructor(state: LogState, { first, buffer, onWritten }: CleanedTarget) {
    this.#state = state;
    this.#buffer = buffer;
    this.#onWritten = onWritten;
    this.segment = new Segment(
      {
        directory: state.path,
        baseOffset: first.baseOffset,
        sizeInBytes: 0,
        createdAt: first.createdAt,
        jitterMs: first.jitterMs,
        hasTxnIndex: false,
        suffix: suffixes.cleaned,
      },
      state.context,
    );
    this.discard();
    this.segment.create();
  }

  /** The bytes are copied; a promise where the buffer had to be written first. */
  add(batch: CleanedBatch): Promise<void> | undefined {
    if (this.#filled + batch.bytes.length > this.#buffer.length) return this.#addSlowly(batch);
    this.#put(batch);
    return undefined;
  }

  addAborted(entry: AbortedEntry): void {
    this.segment.transactions.add(entry);
  }

  /** Everything is on stable storage when this resolves, the names included. */
  async finish(modifiedAt: number): Promise<void> {
    await this.#flush();
    const { segment } = this;
    const { handles, world } = this.#state.context;
    segment.seal();
    segment.spillIndexes({ sync: false });
    segment.modifiedAt = modifiedAt;
    for (const path of segment.paths()) {
      if (world.disk.stat(path) === undefined) continue;
      await handles.use(path, 'write', (file) => file.sync());
      handles.forget(path);
    }
    await world.disk.syncDirectory(this.#state.path);
  }

  /** Removes what there is of it. */
  discard(): void {
    this.segment.close();
    for (const path of this.segment.paths()) removeIfThere(this.#state, path);
  }

  async #addSlowly(batch: CleanedBatch): Promise<void> {
    await this.#flush();
    if (batch.bytes.length <= this.#buffer.length) {
      this.#put(batch);
      return;
    }
    await this.#write(batch.bytes);
    this.#note(batch);
  }

  #put(batch: CleanedBatch): void {
    this.#filled += batch.bytes.copy(this.#buffer, this.#filled);
    this.#note(batch);
  }

  #note({ bytes, lastOffset, maxTimestamp }: CleanedBatch): void {
    const { segment } = this;
    segment.onWritten({ sizeInBytes: bytes.length, lastOffset, maxTimestamp }, this.#state.config.indexIntervalBytes);
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.#write(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  async #write(bytes: Buffer): Promise<void> {
    await this.segment.use('write', (file) => file.writeAsync([bytes], this.#inFile));
    this.#inFile += bytes.length;
    await this.#onWritten(bytes.length);
  }
}

export interface CleanedTarget {
  /** The first of the segments whose place it will take. */
  readonly first: Segment;
  readonly buffer: Buffer;
  /** After every write; throws to end it all. */
  readonly onWritten: (bytes: number) => Promise<void>;
}
