/**
 * Pending changes over one immutable map: later ones win. In the delta of a snapshot the map before is only what to
 * compare with: nothing of it is read, and what the snapshot did not mention is gone in the end.
 */
import { isDeepStrictEqual } from 'node:util';

export class MapDelta<K, V> {
  readonly #base: ReadonlyMap<K, V>;
  readonly #ofSnapshot: boolean;
  readonly #changes = new Map<K, V | undefined>();

  constructor(base: ReadonlyMap<K, V>, options: { readonly ofSnapshot: boolean }) {
    this.#base = base;
    this.#ofSnapshot = options.ofSnapshot;
  }

  /** The changed keys with their new values; undefined where the key is gone. */
  get changes(): ReadonlyMap<K, V | undefined> {
    return this.#changes;
  }

  /** The value as it will be. */
  get(key: K): V | undefined {
    if (this.#ofSnapshot || this.#changes.has(key)) return this.#changes.get(key);
    return this.#base.get(key);
  }

  set(key: K, value: V): void {
    this.#changes.set(key, value);
  }

  delete(key: K): void {
    if (this.#base.has(key)) this.#changes.set(key, undefined);
    else this.#changes.delete(key);
  }

  /** After all records of a snapshot: what it did not mention is gone, and what it says again is no change. */
  finishSnapshot(): void {
    for (const [key, before] of this.#base) {
      if (!this.#changes.has(key)) this.#changes.set(key, undefined);
      else if (isDeepStrictEqual(this.#changes.get(key), before)) this.#changes.delete(key);
    }
  }

  applyTo<M extends { with(changes: Iterable<readonly [K, V | undefined]>): M }>(map: M): M {
    return this.#changes.size === 0 ? map : map.with(this.#changes);
  }
}
