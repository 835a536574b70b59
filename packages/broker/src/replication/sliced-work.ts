/**
 * Work that is done in order and in slices, so that a delta with thousands of partitions does not hold the loop: what
 * fits in one slice is done at once, the rest in later turns, and whatever is added meanwhile waits behind it.
 */
import type { Millis, World } from '@tidelog/core';

const sliceMs: Millis = 10;

export class SlicedWork {
  readonly #world: Pick<World, 'clock' | 'timers'>;
  #queue: (() => void)[] = [];
  #next = 0;
  #scheduled = false;

  constructor(world: Pick<World, 'clock' | 'timers'>) {
    this.#world = world;
  }

  add(task: () => void): void {
    this.#queue.push(task);
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
      while (this.#next < this.#queue.length && clock.monotonic() < until) this.#queue[this.#next++]?.();
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
