/**
 * Many deadlines on one timer. Adding and cancelling cost a heap operation; the timer moves only when a deadline comes
 * in front of the one it is armed for, and a cancelled one is let pass.
 */
import { DeadlineQueue, type DeadlineEntry, type Millis, type Timer, type World } from '@tidelog/core';

export type Deadline = DeadlineEntry<() => void>;

export class Deadlines {
  readonly #world: World;
  readonly #queue = new DeadlineQueue<() => void>();
  #timer: Timer | undefined;
  #armedFor = Infinity;

  constructor(world: World) {
    this.#world = world;
  }

  after(delayMs: Millis, callback: () => void): Deadline {
    const entry = this.#queue.add(callback, this.#world.clock.monotonic() + delayMs);
    this.#arm();
    return entry;
  }

  cancel(deadline: Deadline | undefined): void {
    if (deadline === undefined) return;
    this.#queue.remove(deadline);
    if (this.#queue.size === 0) this.#disarm();
  }

  #arm(): void {
    const next = this.#queue.nextDeadline();
    if (next >= this.#armedFor) return;
    this.#disarm();
    this.#armedFor = next;
    const delay = Math.max(0, Math.ceil(next - this.#world.clock.monotonic()));
    this.#timer = this.#world.timers.after(delay, () => this.#expire());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedFor = Infinity;
  }

  #expire(): void {
    this.#disarm();
    const now = this.#world.clock.monotonic();
    for (let due = this.#queue.popDue(now); due !== undefined; due = this.#queue.popDue(now)) due();
    this.#arm();
  }
}
