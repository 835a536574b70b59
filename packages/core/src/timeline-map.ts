/**
 * A map that remembers how to go back: changes made at log offsets above a committed one can be undone when their
 * append fails, while later decisions already see them.
 *
 *   set(k, v) at 12, set(k, w) at 15    revertTo(13) leaves k = v      commitTo(15) forgets how to go back
 */
interface Undo<K, V> {
  readonly offset: number;
  readonly key: K;
  readonly value: V | undefined;
  readonly had: boolean;
}

export class TimelineMap<K, V> implements Iterable<[K, V]> {
  readonly #map = new Map<K, V>();
  #undo: Undo<K, V>[] = [];

  get size(): number {
    return this.#map.size;
  }

  get(key: K): V | undefined {
    return this.#map.get(key);
  }

  has(key: K): boolean {
    return this.#map.has(key);
  }

  /** Sets a value as of the record at `offset`. Values must be immutable, or replaced rather than changed. */
  set(key: K, value: V, offset: number): void {
    this.#remember(key, offset);
    this.#map.set(key, value);
  }

  delete(key: K, offset: number): void {
    if (!this.#map.has(key)) return;
    this.#remember(key, offset);
    this.#map.delete(key);
  }

  /** Undoes every change made by records at offsets of `offset` and above. */
  revertTo(offset: number): void {
    while (this.#undo.length > 0) {
      const last = this.#undo[this.#undo.length - 1] as Undo<K, V>;
      if (last.offset < offset) return;
      this.#undo.pop();
      if (last.had) this.#map.set(last.key, last.value as V);
      else this.#map.delete(last.key);
    }
  }

  /** Changes made by records at offsets below `offset` will never be undone. */
  commitTo(offset: number): void {
    let n = 0;
    while (n < this.#undo.length && (this.#undo[n] as Undo<K, V>).offset < offset) n++;
    if (n > 0) this.#undo = this.#undo.slice(n);
  }

  keys(): MapIterator<K> {
    return this.#map.keys();
  }

  values(): MapIterator<V> {
    return this.#map.values();
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#map.entries();
  }

  #remember(key: K, offset: number): void {
    this.#undo.push({ offset, key, value: this.#map.get(key), had: this.#map.has(key) });
  }
}
