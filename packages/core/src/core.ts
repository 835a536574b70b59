/**
 * The shape of everything that decides: a pure, synchronous state machine.
 *
 * Inputs are past tense (`voted`, `appended`), effects are imperatives (`append`, `persistVote`, `send`). The order in
 * `out` is the contract: a shell performs effects in that order, so "persist before send" is a matter of order alone.
 * A finished effect comes back as an input.
 */
import type { Millis } from './world.ts';

export interface Core<Input, Effect> {
  /** Advances the state machine; appends what must happen next to `out`, in order. */
  step(input: Input, now: Millis, out: Effect[]): void;
  /** When to step with a tick if nothing else happens first, on the monotonic clock; Infinity for never. */
  nextDeadline(): Millis;
}
