/**
 * All frames that have begun and not ended, over many connections: how many bytes they hold, and how long they have
 * been at it. A frame that comes too slowly is dropped with its connection, and when all together hold too much, the
 * one that began first is: a thousand connections with half a request each cost a bounded amount of memory.
 *
 * A connection that is not being read has an excuse: its time starts again.
 */
import type { Clock, Millis } from '@tidelog/core';
import type { Deadline, Deadlines } from './deadlines.ts';

export interface PartialFrameHolder {
  /** We, not the peer, hold the frame up. */
  readonly isPaused: boolean;
  dropPartialFrame(reason: 'slow' | 'memory'): void;
}

export interface PartialFrameLimits {
  readonly partialFramesMaxBytes: number;
  readonly partialFrameTimeoutMs: Millis;
  readonly partialFrameMinBytesPerSecond: number;
}

interface Partial {
  bytes: number;
  beganAt: Millis;
  deadline: Deadline;
}

export class PartialFrames {
  readonly #limits: PartialFrameLimits;
  readonly #clock: Clock;
  readonly #deadlines: Deadlines;
  /** In the order in which the frames began. */
  readonly #partials = new Map<PartialFrameHolder, Partial>();
  #bytes = 0;

  constructor(limits: PartialFrameLimits, clock: Clock, deadlines: Deadlines) {
    this.#limits = limits;
    this.#clock = clock;
    this.#deadlines = deadlines;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The holder's unfinished frame has so many bytes now; `isNew` when an earlier one has ended since the last call. */
  update(holder: PartialFrameHolder, bytes: number, isNew: boolean): void {
    let partial = this.#partials.get(holder);
    if (partial !== undefined && (bytes === 0 || isNew)) {
      this.#forget(holder, partial);
      partial = undefined;
    }
    if (bytes === 0) return;
    if (partial === undefined) {
      this.#bytes += bytes;
      const deadline = this.#deadlines.after(this.#limits.partialFrameTimeoutMs, () => this.#check(holder));
      this.#partials.set(holder, { bytes, beganAt: this.#clock.monotonic(), deadline });
    } else {
      this.#bytes += bytes - partial.bytes;
      partial.bytes = bytes;
    }
    this.#evict();
  }

  #forget(holder: PartialFrameHolder, partial: Partial): void {
    this.#partials.delete(holder);
    this.#deadlines.cancel(partial.deadline);
    this.#bytes -= partial.bytes;
  }

  #evict(): void {
    while (this.#bytes > this.#limits.partialFramesMaxBytes) {
      const [oldest] = this.#partials;
      if (oldest === undefined) return;
      this.#forget(...oldest);
      oldest[0].dropPartialFrame('memory');
    }
  }

  #check(holder: PartialFrameHolder): void {
    const partial = this.#partials.get(holder);
    if (partial === undefined) return;
    const now = this.#clock.monotonic();
    if (holder.isPaused) partial.beganAt = now;
    const { partialFrameTimeoutMs, partialFrameMinBytesPerSecond } = this.#limits;
    const allowedMs = partialFrameTimeoutMs + (partial.bytes / partialFrameMinBytesPerSecond) * 1000;
    const leftMs = partial.beganAt + allowedMs - now;
    if (leftMs > 0) {
      partial.deadline = this.#deadlines.after(leftMs, () => this.#check(holder));
      return;
    }
    this.#forget(holder, partial);
    holder.dropPartialFrame('slow');
  }
}
