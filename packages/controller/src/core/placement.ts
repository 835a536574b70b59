/**
 * Where the replicas of new partitions go: striped over the racks, so that the replicas of one partition share a rack
 * only when there are fewer racks than replicas, and leaders and followers are spread evenly over the brokers.
 *
 *   racks a: [1 4]  b: [2 5]  c: [3 6]      p0: 1 2 3     p1: 2 3 4     p2: 3 4 5     p3: 4 5 6 ...
 *
 * A fenced broker takes a replica only when its rack has no other, and never leads. Refuses (PlacementError) what the
 * brokers cannot hold. After one round over the brokers everything is shuffled, so that the same neighbours do not
 * carry the same partitions for ever.
 */
import type { Random } from '@tidelog/core';

export interface UsableBroker {
  readonly id: number;
  readonly rack: string | null;
  readonly fenced: boolean;
}

/** INVALID_REPLICATION_FACTOR: the message says why. */
export class PlacementError extends Error {
  override readonly name = 'PlacementError';
}

interface Rack {
  readonly unfenced: number[];
  readonly fenced: number[];
  nextUnfenced: number;
  nextFenced: number;
}

/** Places partition after partition over one set of brokers. */
export class Placement {
  readonly #random: Random;
  readonly #racks: Rack[];
  readonly #brokerCount: number;
  readonly #unfencedCount: number;
  #rackAt: number;
  #placed = 0;

  constructor(brokers: Iterable<UsableBroker>, random: Random) {
    const byRack = new Map<string | null, Rack>();
    let count = 0;
    let unfenced = 0;
    for (const broker of [...brokers].toSorted((a, b) => a.id - b.id)) {
      count++;
      let rack = byRack.get(broker.rack);
      if (rack === undefined)
        byRack.set(broker.rack, (rack = { unfenced: [], fenced: [], nextUnfenced: 0, nextFenced: 0 }));
      (broker.fenced ? rack.fenced : rack.unfenced).push(broker.id);
      if (!broker.fenced) unfenced++;
    }
    this.#random = random;
    this.#racks = [...byRack.values()];
    this.#brokerCount = count;
    this.#unfencedCount = unfenced;
    this.#rackAt = this.#racks.length > 0 ? random.below(this.#racks.length) : 0;
    for (const rack of this.#racks) {
      if (rack.unfenced.length > 0) rack.nextUnfenced = random.below(rack.unfenced.length);
      if (rack.fenced.length > 0) rack.nextFenced = random.below(rack.fenced.length);
    }
  }

  /** The brokers of one more partition, its first leader first. */
  place(replicationFactor: number): readonly number[] {
    this.#check(replicationFactor);
    if (this.#placed > 0 && this.#placed % this.#unfencedCount === 0) this.#shuffle();
    this.#placed++;
    const leaderRack = this.#nextRackWithUnfenced();
    const leader = this.#racks[leaderRack];
    const replicas: number[] = [];
    if (leader !== undefined) take(leader.unfenced, leader.nextUnfenced++, replicas);
    for (let step = 1; replicas.length < replicationFactor; step++) {
      const rack = this.#racks[(leaderRack + step) % this.#racks.length];
      if (rack !== undefined) takeFollower(rack, step, replicas);
    }
    this.#rackAt = (leaderRack + 1) % this.#racks.length;
    return replicas;
  }

  #check(replicationFactor: number): void {
    if (replicationFactor <= 0) throw new PlacementError('Invalid replication factor: it must be larger than 0.');
    if (this.#unfencedCount === 0) throw new PlacementError('All brokers are currently fenced.');
    if (replicationFactor > this.#brokerCount) {
      throw new PlacementError(
        `The target replication factor of ${replicationFactor} cannot be reached because only ` +
          `${this.#brokerCount} broker(s) are registered.`,
      );
    }
  }

  #nextRackWithUnfenced(): number {
    for (let i = 0; i < this.#racks.length; i++) {
      const at = (this.#rackAt + i) % this.#racks.length;
      if ((this.#racks[at]?.unfenced.length ?? 0) > 0) return at;
    }
    return 0;
  }

  #shuffle(): void {
    shuffle(this.#racks, this.#random);
    for (const rack of this.#racks) {
      shuffle(rack.unfenced, this.#random);
      shuffle(rack.fenced, this.#random);
    }
  }
}

/** One broker of the rack that the partition does not have yet: the next unfenced one, else a fenced one. */
function takeFollower(rack: Rack, step: number, replicas: number[]): void {
  if (take(rack.unfenced, rack.nextUnfenced + step - 1, replicas)) return;
  if (take(rack.fenced, rack.nextFenced, replicas)) rack.nextFenced++;
}

function take(brokers: readonly number[], from: number, replicas: number[]): boolean {
  for (let i = 0; i < brokers.length; i++) {
    const id = brokers[(from + i) % brokers.length];
    if (id === undefined || replicas.includes(id)) continue;
    replicas.push(id);
    return true;
  }
  return false;
}

function shuffle(list: unknown[], random: Random): void {
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [list[i], list[j]] = [list[j], list[i]];
  }
}
