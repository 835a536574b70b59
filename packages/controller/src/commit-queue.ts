/**
 * Responses that wait until what they speak of is committed. Released in the order of their offsets; refused together
 * when leadership is lost, because then nobody here knows what became of the records.
 */
interface Waiting {
  readonly offset: number;
  readonly release: () => void;
  readonly refuse: () => void;
}

export class CommitQueue {
  #waiting: Waiting[] = [];

  get size(): number {
    return this.#waiting.length;
  }

  /** Resolves to `response` when the offset is committed, to what `refuse` gives when it may never be. */
  wait<Response>(offset: number, response: Response, refuse: () => Response): Promise<Response> {
    return new Promise((resolve) => {
      this.#waiting.push({ offset, release: () => resolve(response), refuse: () => resolve(refuse()) });
    });
  }

  committed(offset: number): void {
    let count = 0;
    for (const { offset: wanted, release } of this.#waiting) {
      if (wanted > offset) break;
      release();
      count++;
    }
    if (count > 0) this.#waiting = this.#waiting.slice(count);
  }

  refuseAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { refuse } of waiting) refuse();
  }
}
