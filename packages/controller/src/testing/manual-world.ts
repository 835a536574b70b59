/**
 * A world whose time stands still until it is told to pass. Turns end when `settle` is called. It has no disk and no
 * network: the controller touches neither.
 */
import { MemoryDisk, SeededRandom, type Millis, type Network, type Timer, type World } from '@tidelog/core';

interface Scheduled {
  readonly at: Millis;
  readonly callback: () => void;
}

export class ManualWorld implements World {
  readonly random = new SeededRandom(11);
  readonly disk = new MemoryDisk();
  readonly clock = { monotonic: (): Millis => this.#now, wall: (): Millis => 1_700_000_000_000 + this.#now };
  readonly timers = {
    after: (delayMs: Millis, callback: () => void): Timer => {
      const timer = { at: this.#now + delayMs, callback };
      this.#timers.add(timer);
      return { cancel: () => void this.#timers.delete(timer) };
    },
    endOfTurn: (callback: () => void): void => void this.#atEndOfTurn.push(callback),
  };
  readonly #timers = new Set<Scheduled>();
  #atEndOfTurn: (() => void)[] = [];
  #now: Millis = 0;

  get network(): Network {
    throw new Error('there is no network in this world');
  }

  /** Ends turns until nothing is left to do in them. */
  settle(): void {
    while (this.#atEndOfTurn.length > 0) {
      const callbacks = this.#atEndOfTurn;
      this.#atEndOfTurn = [];
      for (const callback of callbacks) callback();
    }
  }

  /** Time passes, and every timer goes off when it is due. */
  pass(ms: Millis): void {
    const until = this.#now + ms;
    this.settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
      this.settle();
    }
    this.#now = until;
  }

  /** The process stands still: time passes, and only then all timers that were due go off. */
  pause(ms: Millis): void {
    this.settle();
    this.#now += ms;
    this.pass(0);
  }
}
