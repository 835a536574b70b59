/**
 * Keeps the cleaner from holding the loop and from taking more of the disk than it may: work goes in slices, between
 * two of which everybody else has a turn, and bytes beyond the rate are slept off. `stop` ends every rest.
 */
import type { Timer, World } from '@tidelog/core';

/** How long a slice of work holds the loop, in milliseconds. */
const sliceMs = 2;
/** Bytes ahead of the rate are let run up to this many milliseconds' worth. */
const aheadMsMax = 20;

export class Pacer {
  readonly #world: World;
  /** Infinity for no limit. */
  bytesPerSecond: number;
  #sliceEnd = 0;
  /** When all bytes so far are paid for. */
  #paidAt = 0;
  #rest: { readonly timer: Timer; readonly resolve: () => void } | undefined;
  #stopped = false;

  constructor(world: World, bytesPerSecond: number) {
    this.#world = world;
    this.bytesPerSecond = bytesPerSecond;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The loop has just had its turn. */
  onTurn(): void {
    this.#sliceEnd = this.#world.clock.monotonic() + sliceMs;
  }

  /** Whether this slice is over: pause before going on. */
  get isDue(): boolean {
    return this.#world.clock.monotonic() >= this.#sliceEnd;
  }

  /** Gives everybody else a turn. */
  async pause(): Promise<void> {
    await this.sleep(0);
    this.onTurn();
  }

  /** Takes note of bytes that were read or written, and waits while that was too many. */
  async onBytes(bytes: number): Promise<void> {
    this.onTurn();
    if (this.bytesPerSecond === Infinity || this.#stopped) return;
    const now = this.#world.clock.monotonic();
    this.#paidAt = Math.max(this.#paidAt, now) + (bytes * 1000) / this.bytesPerSecond;
    if (this.#paidAt - now <= aheadMsMax) return;
    await this.sleep(this.#paidAt - now);
    this.onTurn();
  }

  /** Rests; `stop` ends it. One rest at a time. */
  sleep(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#rest = { timer: this.#world.timers.after(ms, resolve), resolve };
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#rest?.timer.cancel();
    this.#rest?.resolve();
  }
}
