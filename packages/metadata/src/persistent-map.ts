/**
 * An immutable map that shares structure with the maps it was made from.
 */
export class PersistentMap<K extends string | number, V> implements ReadonlyMap<K, V> {
  static empty<K extends string | number, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>();
  }
  get size(): number {
    return 0;
  }
  get(_key: K): V | undefined {
    return undefined;
  }
  has(key: K): boolean {
    return this.get(key) !== undefined;
  }
  set(_key: K, _value: V): PersistentMap<K, V> {
    return this;
  }
  delete(_key: K): PersistentMap<K, V> {
    return this;
  }
  /** All changes at once: undefined deletes. */
  with(_changes: Iterable<readonly [K, V | undefined]>): PersistentMap<K, V> {
    return this;
  }
  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }
  *entries(): MapIterator<[K, V]> {}
  *keys(): MapIterator<K> {}
  *values(): MapIterator<V> {}
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
