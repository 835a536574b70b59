/**
 * Pending changes over one immutable map: later ones win, undefined deletes.
 */
export interface ChangeableMap<K, V> extends ReadonlyMap<K, V> {
  with(changes: Iterable<readonly [K, V | undefined]>): ChangeableMap<K, V>;
}

export class MapDelta<K, V, M extends ChangeableMap<K, V> = ChangeableMap<K, V>> {
  readonly base: M;
  readonly #changes = new Map<K, V | undefined>();

  constructor(base: M) {
    this.base = base;
  }

  /** The changed keys with their new values; undefined where the key is gone. */
  get changes(): ReadonlyMap<K, V | undefined> {
    return this.#changes;
  }

  /** The value as it will be. */
  get(key: K): V | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.base.get(key);
  }

  set(key: K, value: V): void {
    this.#changes.set(key, value);
  }

  delete(key: K): void {
    if (this.base.has(key)) this.#changes.set(key, undefined);
    else this.#changes.delete(key);
  }

  /** After a whole snapshot was replayed: what it did not mention is gone. */
  finishSnapshot(): void {
    for (const key of this.base.keys()) if (!this.#changes.has(key)) this.#changes.set(key, undefined);
  }
}
