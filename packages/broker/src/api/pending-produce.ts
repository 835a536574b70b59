/**
 * One produce request on its way: the partitions that still wait for their acks, and the promise of the rest. The
 * response's parts are filled in as they become known, so finishing costs nothing.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { Millis } from '@tidelog/core';
import type { Deadline, Deadlines, Expiring } from '../deadlines.ts';
import type { AppendWaiter } from '../replication/core/partition-events.ts';

export interface PartitionResponse {
  index: number;
  errorCode: ErrorCode;
  baseOffset: number;
  logAppendTimeMs: number;
  logStartOffset: number;
  recordErrors: { batchIndex: number; batchIndexErrorMessage: string | null }[];
  errorMessage: string | null;
  currentLeader: { leaderId: number; leaderEpoch: number } | undefined;
}

export class PendingProduce implements Expiring {
  readonly #deadlines: Deadlines;
  readonly #waiters: PartitionWaiter[] = [];
  #open = 0;
  #deadline: Deadline | undefined;
  #resolve: (() => void) | undefined;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  add(index: number): PartitionResponse {
    return {
      index,
      errorCode: ErrorCode.NONE,
      baseOffset: -1,
      logAppendTimeMs: -1,
      logStartOffset: -1,
      recordErrors: [],
      errorMessage: null,
      currentLeader: undefined,
    };
  }

  waiterOf(response: PartitionResponse): PartitionWaiter {
    const waiter = new PartitionWaiter(response, this);
    this.#waiters.push(waiter);
    this.#open++;
    return waiter;
  }

  get isDone(): boolean {
    return this.#open === 0;
  }

  /** Resolves when nobody waits any more, at the latest after so long. */
  wait(timeoutMs: Millis): Promise<void> {
    if (timeoutMs !== Infinity) this.#deadline = this.#deadlines.add(this, timeoutMs);
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  onSettled(): void {
    this.#open--;
    if (this.#open > 0 || this.#resolve === undefined) return;
    if (this.#deadline !== undefined) this.#deadlines.remove(this.#deadline);
    this.#resolve();
  }

  onExpired(): void {
    this.#deadline = undefined;
    for (const waiter of this.#waiters) waiter.onAcknowledged(ErrorCode.REQUEST_TIMED_OUT);
  }
}

export class PartitionWaiter implements AppendWaiter {
  settled = false;
  readonly #response: PartitionResponse;
  readonly #request: PendingProduce;

  constructor(response: PartitionResponse, request: PendingProduce) {
    this.#response = response;
    this.#request = request;
  }

  onAcknowledged(error: ErrorCode): void {
    if (this.settled) return;
    this.#response.errorCode = error;
    this.withdraw();
  }

  /** Nobody has to acknowledge anything: the append was refused. */
  withdraw(): void {
    if (this.settled) return;
    this.settled = true;
    this.#request.onSettled();
  }
}
