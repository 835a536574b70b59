/**
 * The cables between the nodes of a cluster: whose port is whose, and which pairs are cut off from each other. A cut
 * holds up what is sent, as a network does that drops packets; when it is healed, TCP delivers what was held up.
 */
export class Links {
  readonly #ownerOfPort: ReadonlyMap<number, number>;
  readonly #cuts = new Set<string>();
  readonly #watchers = new Set<() => void>();

  constructor(ownerOfPort: ReadonlyMap<number, number>) {
    this.#ownerOfPort = ownerOfPort;
  }

  ownerOf(port: number): number | undefined {
    return this.#ownerOfPort.get(port);
  }

  areCut(one: number, other: number): boolean {
    return this.#cuts.has(keyOf(one, other));
  }

  cut(some: readonly number[], others: readonly number[]): void {
    for (const one of some) for (const other of others) this.#cuts.add(keyOf(one, other));
    this.#changed();
  }

  heal(): void {
    this.#cuts.clear();
    this.#changed();
  }

  /** Calls back after each cut and healing; returns what ends that. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  #changed(): void {
    const watchers = [...this.#watchers];
    for (const onChange of watchers) onChange();
  }
}

const keyOf = (one: number, other: number): string => (one < other ? `${one}-${other}` : `${other}-${one}`);
