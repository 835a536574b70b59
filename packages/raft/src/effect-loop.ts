/**
 * Runs the core: steps it the moment an input arrives, performs the effects of a turn together and in order at the end
 * of the turn, and wakes it at its deadline.
 *
 *   step(input) ──▶ core ──▶ [ effects of this turn ] ── end of turn ──▶ perform, one after the other
 *
 * It differs from core's Driver in that stepping is immediate, because `append` must say at once which offsets it got.
 * An effect that takes time (a truncation) holds up those behind it: what is sent must not overtake what it relies on.
 * So does one that finds the disk full, or no descriptor left: it is tried again until there is one, and the node is
 * silent until then.
 */
import { DiskError, type Timer, type World } from '@tidelog/core';
import type { RaftEffect, RaftInput } from './core/events.ts';
import type { LogBatch } from './core/log-batch.ts';
import type { RaftCore } from './core/raft-core.ts';

const roomRetryMs = 500;

export interface EffectLoopOptions {
  readonly world: World;
  readonly core: RaftCore;
  readonly perform: (effect: RaftEffect) => Promise<void> | undefined;
  readonly onNoRoom: (error: DiskError) => void;
  readonly onError: (error: unknown) => void;
}

export class EffectLoop {
  readonly #options: EffectLoopOptions;
  readonly #queue: RaftEffect[] = [];
  #scheduled = false;
  #waiting = false;
  #lacksRoom = false;
  #hasToldOfNoRoom = false;
  #stopped = false;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(options: EffectLoopOptions) {
    this.#options = options;
  }

  /** Nothing leaves this node for now; whoever asks it something should be turned away. */
  get lacksRoom(): boolean {
    return this.#lacksRoom;
  }

  step(input: RaftInput): void {
    if (this.#stopped || (this.#lacksRoom && input.kind === 'tick')) return;
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
      const effect = this.#queue[0];
      if (effect === undefined) return;
      try {
        const pending = this.#options.perform(effect);
        this.#queue.shift();
        this.#hasToldOfNoRoom = false;
        if (pending !== undefined) this.#wait(pending);
      } catch (error) {
        if (error instanceof DiskError && error.isLackOfRoom) this.#waitForRoom(error);
        else this.#fail(error);
      }
    }
  }

  #waitForRoom(error: DiskError): void {
    this.#waiting = true;
    this.#lacksRoom = true;
    if (!this.#hasToldOfNoRoom) this.#options.onNoRoom(error);
    this.#hasToldOfNoRoom = true;
    this.#options.world.timers.after(roomRetryMs, () => {
      this.#waiting = false;
      this.#lacksRoom = false;
      this.#drain();
      this.#arm();
    });
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
    if (this.#stopped || this.#lacksRoom) return;
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
