/**
 * How a shard goes back: changes that a decision makes to tracked state, in order, each with its way back. A decision
 * is visible to later ones at once; when its append is refused, it and all after it are undone; when it is committed,
 * the way back is forgotten. One timeline serves all maps of a shard, so that a commit costs nothing per group.
 *
 *   position   0 ────── committed ────── a ────── b ────── now          revertTo(a) undoes [a, now)
 */
import { assert } from '@tidelog/core';

export class Timeline {
  #undo: (() => void)[] = [];
  #base = 0;
  /** Off while a shard loads: what is in the log is never undone. */
  recording = true;

  /** Counts changes for ever; positions are compared, never reused. */
  get position(): number {
    return this.#base + this.#undo.length;
  }

  /** Everything is committed: nothing could be undone now. */
  get isClean(): boolean {
    return this.#undo.length === 0;
  }

  /** Sets a value in a map; values must be replaced, not changed. */
  set<K, V>(map: Map<K, V>, key: K, value: V): void {
    if (this.recording) {
      const had = map.has(key);
      const before = map.get(key) as V;
      this.#undo.push(() => void (had ? map.set(key, before) : map.delete(key)));
    }
    map.set(key, value);
  }

  delete<K, V>(map: Map<K, V>, key: K): void {
    if (!map.has(key)) return;
    if (this.recording) {
      const before = map.get(key) as V;
      this.#undo.push(() => void map.set(key, before));
    }
    map.delete(key);
  }

  assign<T extends object, K extends keyof T>(object: T, field: K, value: T[K]): void {
    const before = object[field];
    if (this.recording) this.#undo.push(() => void (object[field] = before));
    object[field] = value;
  }

  /** Something follows when the changes around it are undone. */
  onRevert(undo: () => void): void {
    if (this.recording) this.#undo.push(undo);
  }

  revertTo(position: number): void {
    assert(position >= this.#base, 'a committed change cannot be undone');
    while (this.position > position) this.#undo.pop()?.();
  }

  commitTo(position: number): void {
    const count = Math.min(position - this.#base, this.#undo.length);
    if (count <= 0) return;
    this.#undo = count === this.#undo.length ? [] : this.#undo.slice(count);
    this.#base += count;
  }
}
