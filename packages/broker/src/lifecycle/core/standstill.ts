/**
 * Whether this process has stood still (a pause, a long collection) for longer than its session with the controller
 * lasts. Others may lead by now what it leads by its own image, so it must not serve as a leader before the controller
 * has said, to a heartbeat that was sent afterwards, that it is alive and has read of what it lost. A silent controller
 * is no reason: without one nobody is elected either. Clock: monotonic.
 */
import type { Millis } from '@tidelog/core';

export class Standstill {
  readonly #sessionTimeoutMs: Millis;
  #lastLook: Millis;
  /** When the newest standstill was noticed, until it is over with. */
  #noticedAt: Millis | undefined;

  constructor(sessionTimeoutMs: Millis, now: Millis) {
    this.#sessionTimeoutMs = sessionTimeoutMs;
    this.#lastLook = now;
  }

  /** So often somebody has to look, whatever else happens. */
  get intervalMs(): Millis {
    return this.#sessionTimeoutMs / 4;
  }

  /** True while this broker cannot know whether it still leads. */
  look(now: Millis): boolean {
    if (now - this.#lastLook > this.#sessionTimeoutMs) this.#noticedAt = now;
    this.#lastLook = now;
    return this.#noticedAt !== undefined;
  }

  /** The controller takes this broker for alive and caught up, and said so to a heartbeat of that time. */
  onConfirmed(sentAt: Millis): void {
    if (this.#noticedAt !== undefined && sentAt >= this.#noticedAt) this.#noticedAt = undefined;
  }
}
