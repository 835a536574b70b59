/**
 * Deadlines that mostly move away before they come, as sessions do with every heartbeat: moving one later only writes a
 * number. The queue holds it under an earlier time, and when that time comes the timer is queued anew.
 */
import { DeadlineQueue, type DeadlineEntry, type Millis } from '@tidelog/core';

export interface SoftTimer<T> {
  readonly what: T;
  /** When it is due; Infinity while it is off. */
  due: Millis;
  entry: DeadlineEntry<SoftTimer<T>> | undefined;
}

export class SoftDeadlines<T> {
  readonly #queue = new DeadlineQueue<SoftTimer<T>>();

  get size(): number {
    return this.#queue.size;
  }

  timer(what: T): SoftTimer<T> {
    return { what, due: Infinity, entry: undefined };
  }

  arm(timer: SoftTimer<T>, due: Millis): void {
    timer.due = due;
    if (timer.entry !== undefined) {
      if (timer.entry.deadline <= due) return;
      this.#queue.remove(timer.entry);
    }
    timer.entry = this.#queue.add(timer, due);
  }

  cancel(timer: SoftTimer<T>): void {
    timer.due = Infinity;
    if (timer.entry !== undefined) this.#queue.remove(timer.entry);
    timer.entry = undefined;
  }

  /** When to look again; nothing is due before. */
  nextDeadline(): Millis {
    return this.#queue.nextDeadline();
  }

  /** Takes out one timer that is due. */
  popDue(now: Millis): T | undefined {
    for (let timer = this.#queue.popDue(now); timer !== undefined; timer = this.#queue.popDue(now)) {
      timer.entry = undefined;
      if (timer.due <= now) {
        timer.due = Infinity;
        return timer.what;
      }
      if (timer.due !== Infinity) timer.entry = this.#queue.add(timer, timer.due);
    }
    return undefined;
  }
}
