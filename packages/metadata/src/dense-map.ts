/**
 * An immutable map from small non-negative integers (partition indexes), in ascending order, in shared chunks of 32.
 *
 *   chunks  [ 0..31 ][ 32..63 ][ 64..95 ]      a change copies one chunk and the list of chunks
 */
import { assert } from '@tidelog/core';

type Chunk<V> = readonly (V | undefined)[];

const bits = 5;
const mask = (1 << bits) - 1;
export class DenseMap<V> implements ReadonlyMap<number, V> {
  /** Keys are below this: above any partition count that can work, so that a greater one is a broken record. */
  static readonly maxKey = 1 << 22;
  static readonly #empty = new DenseMap<never>([], 0);

  readonly size: number;
  readonly #chunks: readonly (Chunk<V> | undefined)[];

  private constructor(chunks: readonly (Chunk<V> | undefined)[], size: number) {
    this.#chunks = chunks;
    this.size = size;
  }

  static empty<V>(): DenseMap<V> {
    return DenseMap.#empty;
  }

  static from<V>(entries: Iterable<readonly [number, V]>): DenseMap<V> {
    return DenseMap.empty<V>().with(entries);
  }

  get(key: number): V | undefined {
    return this.#chunks[key >> bits]?.[key & mask];
  }

  has(key: number): boolean {
    return this.get(key) !== undefined;
  }

  set(key: number, value: V): DenseMap<V> {
    return this.with([[key, value]]);
  }

  delete(key: number): DenseMap<V> {
    return this.with([[key, undefined]]);
  }

  /** All changes at once; undefined deletes. */
  with(changes: Iterable<readonly [number, V | undefined]>): DenseMap<V> {
    const chunks = this.#chunks.slice();
    const copied = new Map<number, (V | undefined)[]>();
    let size = this.size;
    for (const [key, value] of changes) {
      assert(Number.isInteger(key) && key >= 0 && key < DenseMap.maxKey, () => `key ${key} of a dense map`);
      const at = key >> bits;
      let chunk = copied.get(at);
      if (chunk === undefined) {
        chunk = chunks[at]?.slice() ?? [];
        copied.set(at, chunk);
        while (chunks.length < at) chunks.push(undefined);
        chunks[at] = chunk;
      }
      if (chunk[key & mask] !== undefined) size--;
      if (value !== undefined) size++;
      while (chunk.length < (key & mask)) chunk.push(undefined);
      chunk[key & mask] = value;
    }
    return copied.size === 0 ? this : new DenseMap(chunks, size);
  }

  forEach(callback: (value: V, key: number, map: ReadonlyMap<number, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  *entries(): MapIterator<[number, V]> {
    for (const [at, chunk] of this.#chunks.entries()) {
      if (chunk === undefined) continue;
      for (const [low, value] of chunk.entries()) if (value !== undefined) yield [(at << bits) | low, value];
    }
  }

  *keys(): MapIterator<number> {
    for (const [key] of this) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this) yield value;
  }

  [Symbol.iterator](): MapIterator<[number, V]> {
    return this.entries();
  }
}
