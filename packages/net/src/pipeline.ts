/**
 * The requests of one connection between arrival and answer. Answers leave in the order of arrival; a pipelined request
 * may start behind others of its kind that still wait, any other runs alone.
 *
 *   arrival ─▶ [ answered? ][ running P ][ running P ][ waiting ][ waiting ] ─▶
 *                 head                    └─ #started    ▲ a non-pipelined one waits until it is the head
 */
import type { Millis } from '@tidelog/core';

export interface PipelinedCall {
  readonly pipelined: boolean;
  readonly done: boolean;
  /** May finish at once, in which case `done` is true when it returns. */
  start(now: Millis): void;
}

export interface PipelineOwner<C> {
  /** Whether another call may start now; when that changes the owner calls advance(). */
  mayStart(): boolean;
  /** Called in the order of arrival. */
  onAnswered(call: C): void;
}

export class Pipeline<C extends PipelinedCall> {
  readonly #owner: PipelineOwner<C>;
  readonly #calls: C[] = [];
  /** So many calls from the head on were started. */
  #started = 0;
  /** The head was started and is not pipelined. */
  #exclusive = false;
  #advancing = false;

  constructor(owner: PipelineOwner<C>) {
    this.#owner = owner;
  }

  /** Calls that are not answered. */
  get size(): number {
    return this.#calls.length;
  }

  get hasStarted(): boolean {
    return this.#started > 0;
  }

  get hasWaiting(): boolean {
    return this.#calls.length > this.#started;
  }

  add(call: C): void {
    this.#calls.push(call);
  }

  /** Starts every call that may start. */
  advance(now: Millis): void {
    if (this.#advancing) return;
    this.#advancing = true;
    try {
      for (;;) {
        const next = this.#calls[this.#started];
        if (next === undefined || !this.#owner.mayStart()) return;
        if (this.#started > 0 && (this.#exclusive || !next.pipelined)) return;
        this.#started++;
        this.#exclusive = !next.pipelined;
        next.start(now);
      }
    } finally {
      this.#advancing = false;
    }
  }

  /** A call is done: hands over what can be answered by now, in order. */
  release(): void {
    for (let head = this.#calls[0]; head?.done === true; head = this.#calls[0]) {
      this.#calls.shift();
      this.#started--;
      this.#exclusive = false;
      this.#owner.onAnswered(head);
    }
  }

  /** Takes out all calls that are not answered. */
  clear(): C[] {
    this.#started = 0;
    this.#exclusive = false;
    return this.#calls.splice(0);
  }
}
