/**
 * Work that is done in order and in slices, so that a delta with thousands of partitions does not hold the loop: what
 * fits in one slice is done at once, the rest in later turns, and whatever is added meanwhile waits behind it.
 */
import type { Millis, World } from '@tidelog/core';

const sliceMs: Millis = 10;

export class SlicedWork {
  readonly #world: Pick<World, 'clock' | 'timers'>;
  /** Each does one part of its work, and says whether there may be more. */
  #queue: (() => boolean)[] = [];
  #next = 0;
  #scheduled = false;

  constructor(world: Pick<World, 'clock' | 'timers'>) {
    this.#world = world;
  }

  add(task: () => void): void {
    this.addEach([task], (only) => only());
  }

  /** The task for one item after the other; they are not looked at before their turn. */
  addEach<T>(items: Iterable<T>, task: (item: T) => void): void {
    const left = items[Symbol.iterator]();
    this.#queue.push(() => {
      const next = left.next();
      if (next.done === true) return false;
      task(next.value);
      return true;
    });
  }

  /** Does what was added, now as far as the slice goes. */
  go(): void {
    if (!this.#scheduled) this.#slice();
  }

  /** Whether all that was added is done. */
  get isDone(): boolean {
    return this.#next >= this.#queue.length;
  }

  close(): void {
    this.#queue = [];
    this.#next = 0;
  }

  #slice(): void {
    const { clock, timers } = this.#world;
    const until = clock.monotonic() + sliceMs;
    try {
      while (this.#next < this.#queue.length && clock.monotonic() < until) {
        if (this.#queue[this.#next]?.() !== true) this.#next++;
      }
    } finally {
      this.#scheduled = this.#next < this.#queue.length;
      if (!this.#scheduled) this.close();
      else {
        timers.after(0, () => {
          this.#scheduled = false;
          this.#slice();
        });
      }
    }
  }
}
