/**
 * Which epoch each offset of the log belongs to (KIP-101), as the list of offsets at which epochs begin.
 *
 *   base epoch 2 | 10: epoch 3 | 25: epoch 5 |          endOffsetFor(4) with log end 40 is (3, 25)
 *   ─────────────┴─────────────┴─────────────┴─▶        endOffsetFor(5) is (5, 40)
 *
 * `baseEpoch` is that of the record before the log's start (0 for an empty log): where the log begins at a snapshot,
 * the epoch of the snapshot. Epochs below it can not be answered for.
 */
import { assert } from '@tidelog/core';

export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

/** An offset and the epoch of the record before it: the end of a log, the id of a snapshot. */
export interface OffsetAndEpoch {
  readonly offset: number;
  readonly epoch: number;
}

export class EpochCache {
  #baseEpoch: number;
  #entries: EpochEntry[];

  constructor(baseEpoch: number, entries: readonly EpochEntry[] = []) {
    this.#baseEpoch = baseEpoch;
    this.#entries = [...entries];
  }

  get baseEpoch(): number {
    return this.#baseEpoch;
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  /** The epoch of the last record, or the base epoch. */
  get latest(): number {
    return this.#entries.at(-1)?.epoch ?? this.#baseEpoch;
  }

  /** Records of the epoch begin at the offset, unless it is the latest epoch already. */
  append(epoch: number, startOffset: number): void {
    const last = this.#entries.at(-1);
    if (last?.epoch === epoch) return;
    assert(epoch > this.latest || last === undefined, () => `epoch ${epoch} after ${this.latest} at ${startOffset}`);
    assert(epoch >= this.#baseEpoch, () => `epoch ${epoch} below the base ${this.#baseEpoch}`);
    this.#entries.push({ epoch, startOffset });
  }

  /** The epoch of the record at an offset. */
  epochAt(offset: number): number {
    let epoch = this.#baseEpoch;
    for (const entry of this.#entries) {
      if (entry.startOffset > offset) break;
      epoch = entry.epoch;
    }
    return epoch;
  }

  /** The largest known epoch that is not above the asked one, and where it ends. */
  endOffsetFor(epoch: number, logEndOffset: number): OffsetAndEpoch {
    let floor = this.#baseEpoch;
    for (const entry of this.#entries) {
      if (entry.epoch > epoch) return { epoch: floor, offset: entry.startOffset };
      floor = entry.epoch;
    }
    return { epoch: floor, offset: logEndOffset };
  }

  truncateFromEnd(endOffset: number): void {
    this.#entries = this.#entries.filter((entry) => entry.startOffset < endOffset);
  }

  /** The log now starts at the offset. */
  truncateFromStart(startOffset: number): void {
    this.#baseEpoch = this.epochAt(startOffset - 1);
    const rest = this.#entries.filter((entry) => entry.startOffset >= startOffset);
    const first = this.epochAt(startOffset);
    const covered = rest[0]?.startOffset === startOffset;
    this.#entries = covered || this.#entries.length === 0 ? rest : [{ epoch: first, startOffset }, ...rest];
  }
}
