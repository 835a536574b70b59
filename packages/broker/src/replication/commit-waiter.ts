/** Waits for one append to be committed, up to a deadline, and turns the answer into a promise. */
import { ErrorCode } from '@tidelog/protocol';
import type { Millis } from '@tidelog/core';
import type { Deadline, Deadlines } from '../deadlines.ts';
import type { AppendWaiter } from './core/partition-events.ts';

export class CommitWaiter implements AppendWaiter {
  readonly promise: Promise<ErrorCode>;
  settled = false;
  readonly #deadlines: Deadlines;
  readonly #deadline: Deadline;
  #resolve: (error: ErrorCode) => void = () => undefined;

  constructor(deadlines: Deadlines, timeoutMs: Millis) {
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
    this.#deadlines = deadlines;
    this.#deadline = deadlines.add({ onExpired: () => this.#settle(ErrorCode.REQUEST_TIMED_OUT) }, timeoutMs);
  }

  onAcknowledged(error: ErrorCode): void {
    if (this.settled) return;
    this.#deadlines.remove(this.#deadline);
    this.#settle(error);
  }

  #settle(error: ErrorCode): void {
    this.settled = true;
    this.#resolve(error);
  }
}
