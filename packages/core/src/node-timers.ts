/**
 * The clock, the timers and the randomness of a real process. `endOfTurn` callbacks run in the loop's check phase,
 * so everything that one poll brought in is handled first. Callbacks that they ask for in their turn run in the same
 * phase, in later passes: a log written in the first pass lets the responses it releases leave in the second, without
 * another poll in between. The number of passes is bounded, so that sockets are never starved.
 */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Random } from './random.ts';
import type { Clock, Millis, Timer, Timers } from './world.ts';

const maxPassesPerTurn = 8;
const maxTimeoutMs = 2_147_483_647;

export class NodeClock implements Clock {
  monotonic(): Millis {
    return performance.now();
  }

  wall(): Millis {
    return Date.now();
  }
}

export class NodeTimers implements Timers {
  #atEndOfTurn: (() => void)[] = [];
  #scheduled = false;

  after(delayMs: Millis, callback: () => void): Timer {
    const timeout = setTimeout(callback, Math.min(Math.max(delayMs, 0), maxTimeoutMs));
    return { cancel: () => clearTimeout(timeout) };
  }

  endOfTurn(callback: () => void): void {
    this.#atEndOfTurn.push(callback);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    try {
      for (let pass = 0; pass < maxPassesPerTurn && this.#atEndOfTurn.length > 0; pass++) this.#runPass();
    } finally {
      this.#scheduled = false;
      if (this.#atEndOfTurn.length > 0) this.#schedule();
    }
  }

  /** A callback that throws takes nothing from the others: they keep their turn, and the error surfaces. */
  #runPass(): void {
    const callbacks = this.#atEndOfTurn;
    this.#atEndOfTurn = [];
    let started = 0;
    try {
      for (const callback of callbacks) {
        started++;
        callback();
      }
    } finally {
      if (started < callbacks.length) this.#atEndOfTurn = [...callbacks.slice(started), ...this.#atEndOfTurn];
    }
  }
}

/** Randomness from the operating system, drawn in blocks. Good for secrets. */
export class NodeRandom implements Random {
  readonly #pool = new Uint32Array(1024);
  #used = this.#pool.length;

  next(): number {
    return ((this.#next32() >>> 5) * 0x4000000 + (this.#next32() >>> 6)) / 0x20_0000_0000_0000;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  bytes(length: number): Buffer {
    return randomBytes(length);
  }

  #next32(): number {
    if (this.#used === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    return this.#pool[this.#used++] as number;
  }
}
