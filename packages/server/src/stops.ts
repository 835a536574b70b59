/**
 * What was started and must be stopped, in reverse order. One stop that fails keeps none of the others from running: a
 * listener that cannot be closed must not cost the logs their clean end.
 */
export class Stops {
  readonly #stops: (() => Promise<void> | void)[] = [];
  #running: Promise<void> | undefined;

  add(stop: () => Promise<void> | void): void {
    this.#stops.push(stop);
  }

  /** Runs all of them, once; rejects at the end with what failed. */
  run(): Promise<void> {
    this.#running ??= this.#runAll();
    return this.#running;
  }

  async #runAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of this.#stops.toReversed()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length === 1) throw failures[0];
    if (failures.length > 1) throw new AggregateError(failures, 'several parts of the node failed to stop');
  }
}
