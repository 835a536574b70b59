/**
 * A count of bytes that many connections share. Like Kafka's memory pool it lets one taker overshoot, so that a request
 * larger than what is left is served rather than starved; who finds no room waits its turn.
 */
export class ByteBudget {
  readonly limit: number;
  #used = 0;
  /** In the order in which they began to wait. */
  readonly #waiting = new Set<() => void>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  get hasRoom(): boolean {
    return this.#used < this.limit;
  }

  take(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    while (this.#waiting.size > 0 && this.hasRoom) {
      const [first] = this.#waiting;
      if (first === undefined) return;
      this.#waiting.delete(first);
      first();
    }
  }

  /** Calls back once, when there is room again. */
  await(callback: () => void): void {
    this.#waiting.add(callback);
  }

  forget(callback: () => void): void {
    this.#waiting.delete(callback);
  }
}
