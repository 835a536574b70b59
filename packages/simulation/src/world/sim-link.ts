/**
 * One direction between two machines. Packets of a connection keep their order (TCP does that), those of different
 * connections do not. While a direction is cut, what was sent waits, as retransmission would have it, and goes on when
 * it heals.
 */
import type { Millis, Random } from '@tidelog/core';

export interface LinkSettings {
  /** Nothing passes. */
  cut: boolean;
  latencyMs: Millis;
  jitterMs: Millis;
  bytesPerMs: number;
  /** Chance that a packet is lost and sent again after the retransmission timeout. */
  loss: number;
  /** Segments end and are merged wherever it happens, regardless of how the sender wrote them. */
  tears: boolean;
}

/** How a link is when nothing is wrong with it. */
export const healthyLink: Readonly<LinkSettings> = {
  cut: false,
  latencyMs: 0.15,
  jitterMs: 0.2,
  bytesPerMs: 100_000,
  loss: 0,
  tears: false,
};

const retransmissionMs = 200;

export class Link {
  readonly settings: LinkSettings = { ...healthyLink };
  readonly #random: Random;
  readonly #onHealed: (() => void)[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  get isCut(): boolean {
    return this.settings.cut;
  }

  /** How long so many bytes take, lost packets included. */
  delayMs(bytes: number): Millis {
    const { latencyMs, jitterMs, bytesPerMs, loss } = this.settings;
    const lost = loss > 0 && this.#random.next() < loss ? retransmissionMs * (1 + this.#random.next()) : 0;
    return latencyMs + jitterMs * this.#random.next() ** 2 + bytes / bytesPerMs + lost;
  }

  /** How many of so many bytes the next segment has. */
  tornAt(bytes: number): number {
    return this.settings.tears ? 1 + Math.floor(this.#random.next() * bytes) : bytes;
  }

  /** How many of the segments that wait are read as one. */
  mergedTo(segments: number): number {
    return this.settings.tears ? 1 + Math.floor(this.#random.next() * segments) : 1;
  }

  /** Calls back once, when the cut has healed. */
  whenHealed(callback: () => void): void {
    this.#onHealed.push(callback);
  }

  cut(): void {
    this.settings.cut = true;
  }

  heal(): void {
    if (!this.settings.cut) return;
    this.settings.cut = false;
    for (const callback of this.#onHealed.splice(0)) callback();
  }

  /** Until a sender tries again after a cut has healed. */
  retryMs(): Millis {
    return 5 + retransmissionMs * this.#random.next() * 3;
  }
}
