/**
 * Which leader epoch begins at which offset (KIP-101). Entries ascend in both; a new one removes those that it
 * contradicts. Kept in `leader-epoch-checkpoint` by the shell.
 */
import type { EpochEndOffset } from './outcomes.ts';

export interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

export class LeaderEpochs {
  #entries: EpochStart[];

  constructor(entries: Iterable<EpochStart> = []) {
    this.#entries = [...entries];
  }

  get entries(): readonly EpochStart[] {
    return this.#entries;
  }

  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  get earliest(): number {
    return this.#entries[0]?.epoch ?? -1;
  }

  /** True when the entries changed. */
  assign(epoch: number, startOffset: number): boolean {
    const last = this.#entries.at(-1);
    if (last !== undefined && last.epoch === epoch && startOffset >= last.startOffset) return false;
    const kept = this.#entries.filter((entry) => entry.epoch < epoch && entry.startOffset < startOffset);
    this.#entries = [...kept, { epoch, startOffset }];
    return true;
  }

  /** Forgets epochs that begin at or above the offset. */
  truncateFromEnd(endOffset: number): boolean {
    const kept = this.#entries.filter((entry) => entry.startOffset < endOffset);
    const changed = kept.length !== this.#entries.length;
    if (changed) this.#entries = kept;
    return changed;
  }

  /** Forgets epochs that end below the offset; the one that holds it begins there from now on. */
  truncateFromStart(startOffset: number): boolean {
    const removed = this.#entries.filter((entry) => entry.startOffset <= startOffset);
    const holder = removed.at(-1);
    if (holder === undefined || (removed.length === 1 && holder.startOffset === startOffset)) return false;
    const kept = this.#entries.slice(removed.length);
    this.#entries = [{ epoch: holder.epoch, startOffset }, ...kept];
    return true;
  }

  clear(): void {
    this.#entries = [];
  }

  /** Where an epoch ends: the start of the next one, or the log's end for the latest (semantics 6). */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEndOffset {
    if (epoch < 0) return unknownEnd;
    if (epoch === this.latest) return { epoch, endOffset: logEndOffset };
    const higher = this.#entries.find((entry) => entry.epoch > epoch);
    if (higher === undefined) return unknownEnd;
    const floor = this.#entries.findLast((entry) => entry.epoch <= epoch);
    return { epoch: floor?.epoch ?? epoch, endOffset: higher.startOffset };
  }

  /** The epoch that holds an offset; -1 when unknown. */
  epochAt(offset: number): number {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1;
  }
}

const unknownEnd: EpochEndOffset = { epoch: -1, endOffset: -1 };
