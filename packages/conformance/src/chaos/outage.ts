/** How long partitions go without an acknowledgement while a fault is at work. Clock: monotonic milliseconds. */
export class Outage {
  readonly #lastAt: (number | undefined)[];
  #since = 0;
  #longest = 0;

  constructor(partitions: number) {
    this.#lastAt = Array.from({ length: partitions }, () => undefined);
  }

  /** A fault begins: silence counts from now on. */
  begin(now: number): void {
    this.#since = now;
    this.#longest = 0;
  }

  acknowledged(partition: number, now: number): void {
    this.#longest = Math.max(this.#longest, now - Math.max(this.#since, this.#lastAt[partition] ?? 0));
    this.#lastAt[partition] = now;
  }

  /** Whether every partition has had an acknowledgement after that. */
  hasAllSince(time: number): boolean {
    return this.#lastAt.every((at) => at !== undefined && at > time);
  }

  /** The longest silence of a partition that has ended since the fault began. */
  get longestMs(): number {
    return this.#longest;
  }
}
