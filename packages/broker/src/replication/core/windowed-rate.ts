/**
 * How much a second over the last windows of time, of which the newest is still filling (Kafka's Rate over
 * SampledStats): windows in which nothing happened count, so a short burst after silence is within the bound.
 */
import type { Millis } from '@tidelog/core';

export class WindowedRate {
  readonly #windowMs: Millis;
  readonly #sums: number[];
  /** The number of the newest window. */
  #newest = 0;

  constructor({ windows, windowMs }: { readonly windows: number; readonly windowMs: Millis }) {
    this.#windowMs = windowMs;
    this.#sums = Array.from({ length: windows }, () => 0);
  }

  record(amount: number, now: Millis): void {
    this.#advance(now);
    const at = this.#newest % this.#sums.length;
    this.#sums[at] = (this.#sums[at] ?? 0) + amount;
  }

  perSecond(now: Millis): number {
    this.#advance(now);
    const full = Math.max(1, this.#sums.length - 1);
    const elapsedMs = full * this.#windowMs + (now % this.#windowMs);
    return (this.#sums.reduce((total, sum) => total + sum, 0) * 1000) / elapsedMs;
  }

  #advance(now: Millis): void {
    const newest = Math.floor(now / this.#windowMs);
    const { length } = this.#sums;
    for (let window = Math.max(this.#newest + 1, newest - length + 1); window <= newest; window++) {
      this.#sums[window % length] = 0;
    }
    this.#newest = Math.max(this.#newest, newest);
  }
}
