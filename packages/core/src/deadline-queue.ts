/**
 * A queue of things with deadlines: a binary heap whose entries know their place, so that one is moved or taken out in
 * O(log n). Ties are served in the order they were added, which keeps runs reproducible.
 */
import type { Millis } from './world.ts';

export interface DeadlineEntry<T> {
  readonly value: T;
  readonly deadline: Millis;
}

interface Slot<T> extends DeadlineEntry<T> {
  value: T;
  deadline: Millis;
  order: number;
  index: number;
}

export class DeadlineQueue<T> {
  readonly #heap: Slot<T>[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline, or Infinity. */
  nextDeadline(): Millis {
    return this.#heap[0]?.deadline ?? Infinity;
  }

  add(value: T, deadline: Millis): DeadlineEntry<T> {
    const slot: Slot<T> = { value, deadline, order: this.#order++, index: this.#heap.length };
    this.#heap.push(slot);
    this.#up(slot);
    return slot;
  }

  /** Takes an entry out; false when it is not in the queue (any more). */
  remove(entry: DeadlineEntry<T>): boolean {
    const slot = entry as Slot<T>;
    const { index } = slot;
    if (this.#heap[index] !== slot) return false;
    const last = this.#heap.pop() as Slot<T>;
    if (last !== slot) {
      this.#put(last, index);
      this.#up(last);
      this.#down(last);
    }
    slot.index = -1;
    return true;
  }

  /** Takes out the earliest entry whose deadline has come. */
  popDue(now: Millis): T | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.deadline > now) return undefined;
    this.remove(first);
    return first.value;
  }

  #put(slot: Slot<T>, index: number): void {
    this.#heap[index] = slot;
    slot.index = index;
  }

  #up(slot: Slot<T>): void {
    while (slot.index > 0) {
      const { index } = slot;
      const parentIndex = (index - 1) >> 1;
      const parent = this.#heap[parentIndex] as Slot<T>;
      if (!before(slot, parent)) return;
      this.#put(parent, index);
      this.#put(slot, parentIndex);
    }
  }

  #down(slot: Slot<T>): void {
    for (;;) {
      const { index } = slot;
      const left = this.#heap[2 * index + 1];
      const right = this.#heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && before(right, left) ? right : left;
      if (child === undefined || !before(child, slot)) return;
      const childIndex = child.index;
      this.#put(child, index);
      this.#put(slot, childIndex);
    }
  }
}

function before<T>(a: Slot<T>, b: Slot<T>): boolean {
  return a.deadline < b.deadline || (a.deadline === b.deadline && a.order < b.order);
}
