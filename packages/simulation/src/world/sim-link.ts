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
}

const retransmissionMs = 200;

export class Link {
  readonly settings: LinkSettings = { cut: false, latencyMs: 0.15, jitterMs: 0.2, bytesPerMs: 100_000, loss: 0 };
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
