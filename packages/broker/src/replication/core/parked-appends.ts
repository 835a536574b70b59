/**
 * Appends that wait for an offset to be passed, in the order of their offsets: a queue with a moving head. Settled
 * waiters (timed out) are dropped when they come to the head, so a partition that makes no progress holds at most what
 * came in during one request timeout.
 */
import type { AppendWaiter } from './partition-events.ts';

interface Parked {
  readonly requiredOffset: number;
  readonly waiter: AppendWaiter;
}

export class ParkedAppends {
  #queue: Parked[] = [];
  #head = 0;

  get size(): number {
    return this.#queue.length - this.#head;
  }

  park(requiredOffset: number, waiter: AppendWaiter): void {
    this.#dropSettled();
    const last = this.#queue[this.#queue.length - 1];
    if (this.size === 0 || last === undefined || last.requiredOffset <= requiredOffset) {
      this.#queue.push({ requiredOffset, waiter });
      return;
    }
    // A duplicate waits for an offset below the newest one.
    let at = this.#queue.length;
    while (at > this.#head && (this.#queue[at - 1] as Parked).requiredOffset > requiredOffset) at--;
    this.#queue.splice(at, 0, { requiredOffset, waiter });
  }

  /** Takes out the next waiter whose offset is at or below `offset`. */
  takeUpTo(offset: number): AppendWaiter | undefined {
    while (this.#head < this.#queue.length) {
      const first = this.#queue[this.#head] as Parked;
      if (first.requiredOffset > offset) return undefined;
      this.#advance();
      if (!first.waiter.settled) return first.waiter;
    }
    return undefined;
  }

  #dropSettled(): void {
    while (this.#head < this.#queue.length && (this.#queue[this.#head] as Parked).waiter.settled) this.#advance();
  }

  #advance(): void {
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head >= 1024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
  }
}
