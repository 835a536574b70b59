/** Timers that stand still with their process and end with it. What came due during a pause fires when it is over. */
import { NodeTimers, type Millis, type Timer, type Timers } from '@tidelog/core';
import type { Gate } from './gate.ts';

export class GatedTimers implements Timers {
  readonly #gate: Gate;
  readonly #timers = new NodeTimers();
  readonly #pending = new Set<Timer>();

  constructor(gate: Gate) {
    this.#gate = gate;
    gate.onKill(() => {
      for (const timer of this.#pending) timer.cancel();
    });
  }

  after(delayMs: Millis, callback: () => void): Timer {
    if (this.#gate.isDead) return { cancel: () => undefined };
    let cancelled = false;
    const inner = this.#timers.after(delayMs, () => {
      this.#pending.delete(timer);
      this.#gate.pass(() => {
        if (!cancelled) callback();
      });
    });
    const timer = {
      cancel: (): void => {
        cancelled = true;
        this.#pending.delete(timer);
        inner.cancel();
      },
    };
    this.#pending.add(timer);
    return timer;
  }

  endOfTurn(callback: () => void): void {
    this.#timers.endOfTurn(() => this.#gate.pass(callback));
  }
}
