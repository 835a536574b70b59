/**
 * One life of a node's process, as its World sees it. Whatever comes in from outside (a timer, a socket, a finished
 * disk operation) goes through the gate: it runs while the process runs, waits while it is paused (SIGSTOP), and is
 * dropped for good when it was killed (SIGKILL).
 *
 *   running ◀──pause, resume──▶ paused
 *      └──────── kill ────────────┴──▶ dead
 */
export class Gate {
  #state: 'running' | 'paused' | 'dead' = 'running';
  #waiting: (() => void)[] = [];
  readonly #onKill: (() => void)[] = [];

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  /** Runs the event now, later or never. Events keep their order. */
  pass(event: () => void): void {
    if (this.#state === 'running' && this.#waiting.length === 0) event();
    else if (this.#state !== 'dead') this.#waiting.push(event);
  }

  /** A promise whose outcome goes through the gate; of a dead process it never settles. */
  passed<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.pass(() => resolve(value)),
        (error: unknown) => this.pass(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const isRunning = (): boolean => this.#state === 'running';
    while (isRunning()) {
      const event = this.#waiting.shift();
      if (event === undefined) return;
      event();
    }
  }

  /** Runs what the operating system does with the things of a process that has died. */
  kill(): void {
    if (this.isDead) return;
    this.#state = 'dead';
    this.#waiting = [];
    for (const release of this.#onKill) release();
  }

  onKill(release: () => void): void {
    this.#onKill.push(release);
  }
}
