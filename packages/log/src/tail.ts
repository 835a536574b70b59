/**
 * The end of a log in memory: the last appended chunks, exactly as they were written, so that followers and consumers
 * at the tail are served without a read. Each log has a cap, all logs together a budget; the log that was not appended
 * to or read from for the longest time gives its memory back first.
 */
import { Chunks } from '@tidelog/core';
import type { AdmittedBatch } from './core/admission.ts';

/** A small batch may hold on to a large receive buffer alone: below this share of it, it is copied out. */
const shareOfBufferMin = 1 / 8;

/** What one append brought, once it is written. */
export interface Appended {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly records: Chunks;
  readonly batches: readonly AdmittedBatch[];
}

interface Kept {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly records: Chunks;
  /** Memory that is in use for it: its buffers in full, but for the one that it shares with the entry before. */
  readonly heldBytes: number;
  /** Undefined when it is one batch. */
  readonly batches: readonly AdmittedBatch[] | undefined;
}

export interface TailRead {
  readonly offset: number;
  readonly maxBytes: number;
  readonly minOneBatch: boolean;
  readonly upTo: number;
}

export class TailBudget {
  readonly #max: number;
  readonly maxPerLog: number;
  /** Least recently used first. */
  readonly #tails = new Set<Tail>();
  bytes = 0;

  constructor({ total, perLog }: { readonly total: number; readonly perLog: number }) {
    this.#max = total;
    this.maxPerLog = Math.min(total, perLog);
  }

  touch(tail: Tail): void {
    this.#tails.delete(tail);
    this.#tails.add(tail);
  }

  grow(tail: Tail, bytes: number): void {
    this.bytes += bytes;
    if (this.bytes <= this.#max) return;
    for (const other of this.#tails) {
      if (this.bytes <= this.#max) return;
      if (other !== tail) other.clear();
    }
  }

  shrink(bytes: number): void {
    this.bytes -= bytes;
  }

  forget(tail: Tail): void {
    this.#tails.delete(tail);
  }
}

export class Tail {
  readonly #budget: TailBudget;
  #kept: (Kept | undefined)[] = [];
  /** Entries before it are gone; their slots are cut off now and then. */
  #start = 0;
  #heldBytes = 0;
  /** Where the newest entry ends: the next one often begins in the same receive buffer. */
  #lastBuffer: ArrayBufferLike | undefined;

  constructor(budget: TailBudget) {
    this.#budget = budget;
  }

  add({ firstOffset, lastOffset, records, batches }: Appended): void {
    this.#budget.touch(this);
    const size = records.byteLength;
    if (size > this.#budget.maxPerLog) {
      this.clear();
      return;
    }
    let heldBytes = this.#hold(records);
    let kept = records;
    if (size < heldBytes * shareOfBufferMin) {
      kept = Chunks.of(Buffer.concat(records.pieces));
      heldBytes = size;
      this.#lastBuffer = undefined;
    }
    this.#kept.push({
      firstOffset,
      lastOffset,
      records: kept,
      heldBytes,
      batches: batches.length > 1 ? batches : undefined,
    });
    this.#heldBytes += heldBytes;
    while (this.#heldBytes > this.#budget.maxPerLog && this.#start < this.#kept.length - 1) this.#dropFirst();
    this.#budget.grow(this, heldBytes);
  }

  /** Records from the batch that holds the offset on, or undefined when it is not in memory. */
  read({ offset, maxBytes, minOneBatch, upTo }: TailRead): { records: Chunks; firstOffset: number } | undefined {
    const first = this.#kept[this.#start];
    if (first === undefined || offset < first.firstOffset) return undefined;
    let index = this.#find(offset);
    let kept = this.#kept[index];
    // An offset between two appends (compacted away at the leader) is answered with what follows it.
    if (kept !== undefined && offset > kept.lastOffset) kept = this.#kept[++index];
    if (kept === undefined) return undefined;
    this.#budget.touch(this);
    if (kept.firstOffset >= upTo) return { records: Chunks.empty, firstOffset: offset };
    const range = rangeOf(kept, offset, upTo);
    if (range.length < range.firstBatchLength || (range.firstBatchLength > maxBytes && !minOneBatch)) {
      return { records: Chunks.empty, firstOffset: offset };
    }
    const pieces: Buffer[] = [];
    let left = Math.max(maxBytes, range.firstBatchLength);
    left -= take(pieces, kept.records, range.start, Math.min(left, range.length));
    for (index++; left > 0; index++) {
      const next = this.#kept[index];
      if (next === undefined || next.firstOffset >= upTo) break;
      const length = next.lastOffset < upTo ? next.records.byteLength : rangeOf(next, next.firstOffset, upTo).length;
      if (length > left && next.batches === undefined) break;
      left -= take(pieces, next.records, 0, Math.min(left, length));
      if (length !== next.records.byteLength) break;
    }
    return { records: Chunks.from(pieces), firstOffset: range.firstOffset };
  }

  /**
   * Forgets what reaches to or beyond the offset. An append that is cut in its middle takes all before it along: what
   * follows would else stand behind a gap, and readers take gaps for records that were compacted away.
   */
  truncateTo(offset: number): void {
    const cut = this.#kept[this.#find(offset)];
    if (cut !== undefined && cut.firstOffset < offset && cut.lastOffset >= offset) return this.clear();
    for (
      let last = this.#kept.at(-1);
      this.#kept.length > this.#start && last !== undefined;
      last = this.#kept.at(-1)
    ) {
      if (last.lastOffset < offset) return;
      this.#kept.pop();
      this.#release(last.heldBytes);
    }
  }

  /** Forgets what begins below the offset. */
  dropBelow(offset: number): void {
    for (let first = this.#kept[this.#start]; first !== undefined && first.firstOffset < offset;) {
      this.#dropFirst();
      first = this.#kept[this.#start];
    }
  }

  clear(): void {
    this.#release(this.#heldBytes);
    this.#kept = [];
    this.#start = 0;
    this.#lastBuffer = undefined;
    this.#budget.forget(this);
  }

  #find(offset: number): number {
    let low = this.#start;
    let high = this.#kept.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#kept[middle]?.firstOffset ?? Infinity) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #dropFirst(): void {
    const first = this.#kept[this.#start];
    if (first === undefined) return;
    this.#release(first.heldBytes);
    this.#kept[this.#start] = undefined;
    this.#start++;
    if (this.#start < 64 || this.#start * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#start);
    this.#start = 0;
  }

  /** Memory that these pieces add to what is held already. */
  #hold({ pieces }: Chunks): number {
    let bytes = 0;
    for (const { buffer } of pieces) {
      if (buffer === this.#lastBuffer) continue;
      bytes += buffer.byteLength;
      this.#lastBuffer = buffer;
    }
    return bytes;
  }

  #release(bytes: number): void {
    this.#heldBytes -= bytes;
    this.#budget.shrink(bytes);
  }
}

/** Where in one append the batch that holds the offset begins, and how much from there on lies below `upTo`. */
function rangeOf(
  kept: Kept,
  offset: number,
  upTo: number,
): { start: number; length: number; firstBatchLength: number; firstOffset: number } {
  const { batches, records, firstOffset } = kept;
  if (batches === undefined) {
    return { start: 0, length: records.byteLength, firstBatchLength: records.byteLength, firstOffset };
  }
  let start = 0;
  let index = 0;
  for (; index < batches.length - 1; index++) {
    const batch = batches[index];
    if (batch === undefined || batch.lastOffset >= offset) break;
    start += batch.sizeInBytes;
  }
  const first = batches[index];
  let length = 0;
  for (let i = index; i < batches.length; i++) {
    const batch = batches[i];
    if (batch === undefined || batch.firstOffset >= upTo) break;
    length += batch.sizeInBytes;
  }
  return {
    start,
    length,
    firstBatchLength: first?.sizeInBytes ?? 0,
    firstOffset: first?.firstOffset ?? firstOffset,
  };
}

function take(out: Buffer[], records: Chunks, start: number, length: number): number {
  const part = length === records.byteLength && start === 0 ? records : records.slice(start, start + length);
  for (const piece of part.pieces) out.push(piece);
  return length;
}
