/**
 * Reads what a message is made of: strings, lists, structures that may be null, the tagged section.
 *
 * Nothing is allocated from a claimed length: a length has to fit in what is left, a count times the least size of an
 * element too, and the estimated heap of all elements draws on one budget per message (CVE-2026-111108). Lengths below
 * -1, null where the schema has none, and tagged fields of another size than they claim are refused.
 */
import type { Chunks } from '@tidelog/core';
import { ByteReader, malformed } from './byte-reader.ts';

export interface ReaderLimits {
  /** How many bytes of heap the elements of all lists may take together, by estimate. */
  readonly memoryBudget: number;
  /** How many bytes may be read. */
  readonly maxBytes: number;
}

/** Kafka's limit on every string, compact or not. */
export const maxStringBytes = 0x7fff;
/** Kafka has none; 64 in one structure is far more than any version declares (CVE-2026-111115). */
export const maxTaggedFields = 64;

export class Reader extends ByteReader {
  #budget: number;

  constructor(chunks: Chunks, offset: number, limits: ReaderLimits) {
    super(chunks, offset, limits.maxBytes);
    this.#budget = limits.memoryBudget;
  }

  string(): string {
    return this.#textOrNull(this.int16()) ?? notNull('string');
  }

  nullableString(): string | null {
    return this.#textOrNull(this.int16());
  }

  compactString(): string {
    return this.#textOrNull(this.uvarint() - 1) ?? notNull('string');
  }

  compactNullableString(): string | null {
    return this.#textOrNull(this.uvarint() - 1);
  }

  bytes(): Buffer {
    return this.#takeOrNull(this.int32()) ?? notNull('byte sequence');
  }

  nullableBytes(): Buffer | null {
    return this.#takeOrNull(this.int32());
  }

  compactBytes(): Buffer {
    return this.#takeOrNull(this.uvarint() - 1) ?? notNull('byte sequence');
  }

  compactNullableBytes(): Buffer | null {
    return this.#takeOrNull(this.uvarint() - 1);
  }

  records(): Chunks {
    return this.#chunksOrNull(this.int32()) ?? notNull('record set');
  }

  nullableRecords(): Chunks | null {
    return this.#chunksOrNull(this.int32());
  }

  compactRecords(): Chunks {
    return this.#chunksOrNull(this.uvarint() - 1) ?? notNull('record set');
  }

  compactNullableRecords(): Chunks | null {
    return this.#chunksOrNull(this.uvarint() - 1);
  }

  /** How many elements follow. Each takes at least `minSize` bytes here and about `weight` bytes on the heap. */
  count(minSize: number, weight: number): number {
    return this.#counted(this.int32(), minSize, weight, false);
  }

  /** Like `count`; -1 for null. */
  nullableCount(minSize: number, weight: number): number {
    return this.#counted(this.int32(), minSize, weight, true);
  }

  compactCount(minSize: number, weight: number): number {
    return this.#counted(this.uvarint() - 1, minSize, weight, false);
  }

  compactNullableCount(minSize: number, weight: number): number {
    return this.#counted(this.uvarint() - 1, minSize, weight, true);
  }

  /** Whether a structure that may be null is there. */
  hasStruct(): boolean {
    return this.int8() >= 0;
  }

  /** How many tagged fields follow. */
  tagCount(): number {
    const count = this.uvarint();
    if (count > maxTaggedFields) throw malformed(`${count} tagged fields in one structure`);
    return count;
  }

  /** The size of the tagged field whose number was just read, once it is known to be there. */
  tagSize(): number {
    const size = this.uvarint();
    if (size > this.remaining) throw this.tooShort(size);
    return size;
  }

  /** Skips a tagged field, or checks that one which was read took the size it claimed. */
  endTag(end: number, known: boolean): void {
    if (!known) this.skip(end - this.position);
    else if (this.position !== end) throw malformed(`a tagged field ends at byte ${this.position}, not ${end}`);
  }

  skipTags(): void {
    for (let count = this.tagCount(); count > 0; count--) {
      this.uvarint();
      this.skip(this.tagSize());
    }
  }

  #takeOrNull(length: number): Buffer | null {
    if (length >= 0) return this.take(length);
    if (length === -1) return null;
    throw malformed(`a length of ${length}`);
  }

  #textOrNull(length: number): string | null {
    if (length < 0) {
      if (length === -1) return null;
      throw malformed(`a string length of ${length}`);
    }
    if (length > maxStringBytes) throw malformed(`a string of ${length} bytes`);
    return this.text(length);
  }

  #chunksOrNull(length: number): Chunks | null {
    if (length === -1) return null;
    if (length < 0) throw malformed(`a length of ${length}`);
    return this.chunks(length);
  }

  #counted(count: number, minSize: number, weight: number, nullable: boolean): number {
    if (count < 0) {
      if (count === -1 && nullable) return -1;
      throw malformed(`a list of ${count} elements`);
    }
    if (count * minSize > this.remaining) throw this.tooShort(count * minSize);
    this.#budget -= count * weight;
    if (this.#budget < 0) throw malformed(`${count} more elements exceed the memory budget of the message`);
    return count;
  }
}

function notNull(what: string): never {
  throw malformed(`null where a ${what} must be`);
}
