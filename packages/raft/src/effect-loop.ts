/**
 * Runs the core: steps it the moment an input arrives, performs the effects of a turn together and in order at the end
 * of the turn, and wakes it at its deadline.
 *
 *   step(input) ──▶ core ──▶ [ effects of this turn ] ── end of turn ──▶ perform, one after the other
 *
 * It differs from core's Driver in that stepping is immediate, because `append` must say at once which offsets it got.
 * An effect that takes time (a truncation) holds up those behind it: what is sent must not overtake what it relies on.
 */
import type { Timer, World } from '@tidelog/core';
import type { RaftEffect, RaftInput } from './core/events.ts';
import type { LogBatch } from './core/log-batch.ts';
import type { RaftCore } from './core/raft-core.ts';

export interface EffectLoopOptions {
  readonly world: World;
  readonly core: RaftCore;
  readonly perform: (effect: RaftEffect) => Promise<void> | undefined;
  readonly onError: (error: unknown) => void;
}

export class EffectLoop {
  readonly #options: EffectLoopOptions;
  readonly #queue: RaftEffect[] = [];
  #scheduled = false;
  #waiting = false;
  #stopped = false;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(options: EffectLoopOptions) {
    this.#options = options;
  }

  step(input: RaftInput): void {
    if (this.#stopped) return;
    const { core, world } = this.#options;
    this.#guard(() => core.step(input, world.clock.monotonic(), this.#queue));
    this.#schedule();
  }

  propose(proposal: { values: readonly Buffer[]; epoch: number }): LogBatch | undefined {
    if (this.#stopped) return undefined;
    const { core, world } = this.#options;
    let batch: LogBatch | undefined;
    this.#guard(() => {
      batch = core.propose(proposal, world.clock.monotonic(), this.#queue);
    });
    this.#schedule();
    return batch;
  }

  stop(): void {
    this.#stopped = true;
    this.#queue.length = 0;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#options.world.timers.endOfTurn(() => {
      this.#scheduled = false;
      this.#drain();
      this.#arm();
    });
  }

  #drain(): void {
    while (!this.#waiting && !this.#stopped) {
      const effect = this.#queue.shift();
      if (effect === undefined) return;
      this.#guard(() => {
        const pending = this.#options.perform(effect);
        if (pending !== undefined) this.#wait(pending);
      });
    }
  }

  #wait(pending: Promise<void>): void {
    this.#waiting = true;
    void this.#resume(pending);
  }

  async #resume(pending: Promise<void>): Promise<void> {
    try {
      await pending;
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#waiting = false;
    this.#drain();
  }

  #arm(): void {
    if (this.#stopped) return;
    const { core, world } = this.#options;
    const at = core.nextDeadline();
    if (at === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    if (at === Infinity) return;
    // Timers may fire a fraction early by the monotonic clock; a core that is not due yet would only be asked again.
    this.#timer = world.timers.after(Math.max(0, Math.ceil(at - world.clock.monotonic())), () => {
      this.#timerAt = Infinity;
      this.step({ kind: 'tick' });
    });
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A broken invariant, or a disk that can not be relied on: nothing more leaves this node. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onError(error);
  }
}
