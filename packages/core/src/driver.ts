/**
 * Runs a core inside a world: drains its mailbox once per turn, steps every input, then performs all effects together.
 *
 *   submit(input) ─┐
 *   submit(input) ─┼─▶ end of turn: step, step, tick? ─▶ perform(effects in order) ─▶ re-arm the deadline
 *   timer ─────────┘
 *
 * Load makes batches bigger, not turns more frequent. Inputs submitted while effects are performed wait for the next
 * turn, so an effect never re-enters the core.
 */
import type { Core } from './core.ts';
import type { Timer, World } from './world.ts';

export interface DriverOptions<Input, Effect> {
  readonly world: World;
  readonly core: Core<Input, Effect>;
  /** The input that tells the core that its deadline has come. */
  readonly tick: Input;
  /** Performs the effects of one turn, in order. */
  readonly perform: (effects: readonly Effect[]) => void;
}

export class Driver<Input, Effect> {
  readonly #options: DriverOptions<Input, Effect>;
  #mailbox: Input[] = [];
  #scheduled = false;
  #stopped = false;
  #timer: Timer | undefined;
  #timerAt = Infinity;

  constructor(options: DriverOptions<Input, Effect>) {
    this.#options = options;
    this.#arm();
  }

  /** Hands an input to the core at the end of this turn. After stop() it is dropped. */
  submit(input: Input): void {
    if (this.#stopped) return;
    this.#mailbox.push(input);
    this.#schedule();
  }

  /** Drops what is in the mailbox and never steps again. */
  stop(): void {
    this.#stopped = true;
    this.#mailbox = [];
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.world.timers.endOfTurn(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    const { world, core, tick, perform } = this.#options;
    const inputs = this.#mailbox;
    this.#mailbox = [];
    const now = world.clock.monotonic();
    const effects: Effect[] = [];
    for (const input of inputs) core.step(input, now, effects);
    if (core.nextDeadline() <= now) core.step(tick, now, effects);
    if (effects.length > 0) perform(effects);
    this.#arm();
  }

  #arm(): void {
    if (this.#stopped) return;
    const at = this.#options.core.nextDeadline();
    if (at === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    if (at === Infinity) return;
    const { timers, clock } = this.#options.world;
    this.#timer = timers.after(Math.max(0, at - clock.monotonic()), () => {
      this.#timerAt = Infinity;
      this.#schedule();
    });
  }
}
