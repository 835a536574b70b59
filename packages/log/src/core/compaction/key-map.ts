/**
 * The last offset of every key in the dirty part of a log, in bounded memory: open addressing over one typed array,
 * four words of hash and one of offset a slot. Offsets are relative to where the dirty part begins; a map ends where
 * they no longer fit, or where it is as full as it may be, and the cleaning then goes only as far as the map came.
 *
 *   slot   hash i32 x 4 | offset - baseOffset + 1, u32 (0: empty)         first try: (hash[1] ^ hash[3]) / 2^32 * slots
 */
import { KeyHash } from './key-hash.ts';

const wordsPerSlot = 5;
export const bytesPerSlot: number = wordsPerSlot * 4;
const relativeMax = 0xffff_fffe;
/** Indexes into the array stay small integers. */
const slotsMax = 200_000_000;

export interface KeyMapOptions {
  readonly baseOffset: number;
  /** There are never more keys than offsets: a small dirty part takes little memory. */
  readonly expectedKeys: number;
  readonly bufferBytes: number;
  /** How full the map may become, in (0, 1). */
  readonly loadFactor: number;
  /** Sixteen random bytes. */
  readonly hashKey: Buffer;
}

export class KeyMap {
  /** The last offset that this map speaks of; records above it are unknown to it. */
  latestOffset: number;
  size = 0;
  readonly capacity: number;
  readonly #baseOffset: number;
  readonly #slots: number;
  readonly #table: Int32Array;
  readonly #hash: KeyHash;

  constructor({ baseOffset, expectedKeys, bufferBytes, loadFactor, hashKey }: KeyMapOptions) {
    const affordable = Math.max(2, Math.min(slotsMax, Math.floor(bufferBytes / bytesPerSlot)));
    this.#slots = Math.min(affordable, Math.ceil(expectedKeys / loadFactor) + 1);
    this.capacity = Math.max(1, Math.min(this.#slots - 1, Math.floor(this.#slots * loadFactor)));
    this.#baseOffset = baseOffset;
    this.latestOffset = baseOffset - 1;
    this.#table = new Int32Array(this.#slots * wordsPerSlot);
    this.#hash = new KeyHash(hashKey);
  }

  /** How full it is, of what it may hold. */
  get utilization(): number {
    return this.size / this.capacity;
  }

  /** Notes that a record with the key bytes[start, end) is at the offset; false when there is no room for it. */
  put(bytes: Buffer, { start, end, offset }: KeyAt & { readonly offset: number }): boolean {
    const relative = offset - this.#baseOffset;
    if (relative > relativeMax) return false;
    const slot = this.#find(bytes, start, end);
    const table = this.#table;
    if (table[slot + 4] === 0) {
      if (this.size >= this.capacity) return false;
      this.size++;
      table.set(this.#hash.words, slot);
    }
    table[slot + 4] = relative + 1;
    this.latestOffset = offset;
    return true;
  }

  /** The offset that was noted last for a key; -1 for none. */
  offsetOf(bytes: Buffer, start: number, end: number): number {
    const relative = this.#table[this.#find(bytes, start, end) + 4] as number;
    return relative === 0 ? -1 : this.#baseOffset + (relative >>> 0) - 1;
  }

  /** The slot of the key, or the empty one where it would go. */
  #find(bytes: Buffer, start: number, end: number): number {
    this.#hash.hash(bytes, start, end);
    const { words } = this.#hash;
    const a = words[0] as number;
    const b = words[1] as number;
    const c = words[2] as number;
    const d = words[3] as number;
    const table = this.#table;
    const last = this.#slots * wordsPerSlot;
    let at = Math.floor((((b ^ d) >>> 0) / 0x1_0000_0000) * this.#slots) * wordsPerSlot;
    while (table[at + 4] !== 0) {
      if (table[at] === a && table[at + 1] === b && table[at + 2] === c && table[at + 3] === d) return at;
      at += wordsPerSlot;
      if (at === last) at = 0;
    }
    return at;
  }
}

export interface KeyAt {
  readonly start: number;
  readonly end: number;
}
