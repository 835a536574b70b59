/**
 * Lines that a stranger can provoke, or that are written again with every attempt at something: at most one line per
 * kind and second, saying how many it stands for.
 */
import type { LogFields, Logger } from './logger.ts';
import type { Millis, World } from './world.ts';

const quietMs: Millis = 1000;

export class RateLimitedLog {
  readonly #world: Pick<World, 'clock'>;
  readonly #logger: Logger;
  readonly #kinds = new Map<string, { lastAt: Millis; suppressed: number }>();

  constructor(world: Pick<World, 'clock'>, logger: Logger) {
    this.#world = world;
    this.#logger = logger;
  }

  /** `kind` comes from a closed set, never off the wire. */
  write(level: 'warn' | 'error', kind: string, fields: LogFields, message: string): void {
    const now = this.#world.clock.monotonic();
    const seen = this.#kinds.get(kind);
    if (seen !== undefined && now - seen.lastAt < quietMs) {
      seen.suppressed++;
      return;
    }
    const suppressed = seen?.suppressed ?? 0;
    this.#kinds.set(kind, { lastAt: now, suppressed: 0 });
    this.#logger[level](suppressed > 0 ? { ...fields, suppressed } : fields, message);
  }
}
