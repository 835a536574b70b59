/** Collects what has something to send and flushes all of it at the end of the turn: one gathering write for each. */
import type { Timers } from '@tidelog/core';

export interface Flushable {
  flush(): void;
}

export class TurnFlush {
  readonly #timers: Timers;
  #waiting: Flushable[] = [];

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  add(flushable: Flushable): void {
    this.#waiting.push(flushable);
    if (this.#waiting.length === 1) this.#timers.endOfTurn(() => this.#flush());
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const flushable of waiting) flushable.flush();
  }
}
