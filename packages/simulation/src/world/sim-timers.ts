/**
 * The clocks and timers of one life of a process, as Node has them: delays are whole milliseconds and at least one, a
 * timer is late by a little, callbacks of the end of a turn run together without microtasks between them, and what they
 * ask for in turn runs in the same turn up to a number of passes. The wall clock is skewed and jumps; the monotonic one
 * only drifts.
 */
import type { Clock, Millis, Random, Timer, Timers } from '@tidelog/core';
import type { Owner, Scheduler } from '../scheduler.ts';

const maxPassesPerTurn = 8;
/** How long a turn goes on to take in what arrives: at most so much. */
const turnMs = 0.05;
/** 2025-11-21: an arbitrary beginning. */
export const epochMs = 1_763_700_000_000;

/** Belongs to the machine, not to the process. */
export interface WallClock {
  offsetMs: Millis;
  /** Virtual milliseconds per real one of this machine's crystal; near 1. */
  readonly drift: number;
}

export class SimClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #owner: Owner;
  readonly #wall: WallClock;

  constructor(scheduler: Scheduler, owner: Owner, wall: WallClock) {
    this.#scheduler = scheduler;
    this.#owner = owner;
    this.#wall = wall;
  }

  monotonic(): Millis {
    return Math.max(this.#scheduler.now, this.#owner.busyUntil) * this.#wall.drift;
  }

  wall(): Millis {
    return Math.floor(epochMs + this.monotonic() + this.#wall.offsetMs);
  }
}

export class SimTimers implements Timers {
  readonly #scheduler: Scheduler;
  readonly #owner: Owner;
  readonly #random: Random;
  readonly #drift: number;
  #atEndOfTurn: (() => void)[] = [];
  #scheduled = false;

  constructor(scheduler: Scheduler, owner: Owner, { random, drift }: { random: Random; drift: number }) {
    this.#scheduler = scheduler;
    this.#owner = owner;
    this.#random = random;
    this.#drift = drift;
  }

  after(delayMs: Millis, callback: () => void): Timer {
    const whole = Math.max(1, Math.trunc(Math.min(delayMs, 2_147_483_647)));
    const lateMs = this.#random.next();
    const entry = this.#scheduler.after((whole + lateMs) / this.#drift, this.#owner, 'timer', callback);
    return { cancel: () => this.#scheduler.cancel(entry) };
  }

  endOfTurn(callback: () => void): void {
    this.#atEndOfTurn.push(callback);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#scheduler.after(this.#random.next() * turnMs, this.#owner, 'end of turn', () => this.#endTurn());
  }

  #endTurn(): void {
    try {
      for (let pass = 0; pass < maxPassesPerTurn && this.#atEndOfTurn.length > 0; pass++) this.#runPass();
    } finally {
      this.#scheduled = false;
      if (this.#atEndOfTurn.length > 0) this.#schedule();
    }
  }

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
