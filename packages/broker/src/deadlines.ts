/**
 * Deadlines of waiting requests behind one timer: a request that is answered in time costs an insertion and a removal
 * and never a timer of its own.
 */
import { DeadlineQueue, type DeadlineEntry, type Millis, type Timer, type World } from '@tidelog/core';

export interface Expiring {
  onExpired(): void;
}

export type Deadline = DeadlineEntry<Expiring>;

export class Deadlines {
  readonly #world: Pick<World, 'clock' | 'timers'>;
  readonly #queue = new DeadlineQueue<Expiring>();
  #timer: Timer | undefined;
  #armedFor: Millis = Infinity;

  constructor(world: Pick<World, 'clock' | 'timers'>) {
    this.#world = world;
  }

  get size(): number {
    return this.#queue.size;
  }

  add(expiring: Expiring, delayMs: Millis): Deadline {
    const deadline = this.#world.clock.monotonic() + Math.max(0, delayMs);
    const entry = this.#queue.add(expiring, deadline);
    if (deadline < this.#armedFor) this.#arm(deadline);
    return entry;
  }

  remove(deadline: Deadline): void {
    this.#queue.remove(deadline);
  }

  /** Forgets everybody; nobody is called. */
  close(): void {
    this.#timer?.cancel();
    this.#armedFor = -Infinity;
  }

  #arm(deadline: Millis): void {
    this.#timer?.cancel();
    this.#armedFor = deadline;
    const delayMs = Math.max(0, deadline - this.#world.clock.monotonic());
    this.#timer = this.#world.timers.after(delayMs, () => this.#fire());
  }

  /** The earliest deadline may be gone by now: then the timer only moves on to the next one. */
  #fire(): void {
    this.#armedFor = Infinity;
    const now = this.#world.clock.monotonic();
    for (let due = this.#queue.popDue(now); due !== undefined; due = this.#queue.popDue(now)) due.onExpired();
    const next = this.#queue.nextDeadline();
    if (next < this.#armedFor) this.#arm(next);
  }
}
