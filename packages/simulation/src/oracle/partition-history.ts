/**
 * What clients know of one partition: what they sent, what was acknowledged and where, what consumers saw. It speaks up
 * at once when two of these cannot be true together (failure-modes.md 1.1: inconsistent-offsets, duplicate, lost-write,
 * G1a, unseen).
 */
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { Violation } from '../violation.ts';

export interface Sent {
  readonly producer: string;
  /** Position in what the producer sent to this partition. */
  readonly index: number;
  readonly idempotent: boolean;
}

export class PartitionHistory {
  readonly name: string;
  readonly #sent = new Map<string, Sent>();
  /** Value to offset; -1 when the broker did not say (a duplicate it no longer remembers). */
  readonly #acknowledged = new Map<string, number>();
  readonly #seen: (string | undefined)[] = [];
  readonly #offsetOf = new Map<string, number>();

  readonly #cluster: SimCluster;
  readonly #topic: string;
  readonly #partition: number;

  constructor(cluster: SimCluster, topic: string, partition: number) {
    this.name = `${topic}-${partition}`;
    this.#cluster = cluster;
    this.#topic = topic;
    this.#partition = partition;
    cluster.replication.watch(topic, partition);
  }

  get acknowledgedCount(): number {
    return this.#acknowledged.size;
  }

  get seenEnd(): number {
    return this.#seen.length;
  }

  onSent(value: string, sent: Sent): void {
    this.#sent.set(value, sent);
  }

  onAcknowledged(value: string, offset: number): void {
    this.#acknowledged.set(value, offset);
    this.#cluster.trace(`${this.name}: ${value} acknowledged at ${offset}`);
    if (offset < 0) return;
    if (!this.#isReplicated(offset)) {
      this.#fail(
        'acknowledged before commit',
        `${value}, acknowledged at ${offset}, is not on min.insync.replicas replicas`,
      );
    }
    const seen = this.#seen[offset];
    if (seen !== undefined && seen !== value) {
      this.#fail('inconsistent offset', `${value} is acknowledged at ${offset}, where a consumer saw ${seen}`);
    }
    this.#place(value, offset);
  }

  /** A consumer was given a record. */
  onSeen(offset: number, value: string): void {
    const before = this.#seen[offset];
    if (before === value) return;
    if (before !== undefined) {
      this.#fail('inconsistent offset', `offset ${offset} was ${before} for one consumer and ${value} for another`);
    }
    if (!this.#sent.has(value)) this.#fail('phantom', `offset ${offset} holds ${value}, which nobody sent`);
    if (!this.#isReplicated(offset)) {
      this.#fail('served before commit', `${value}, served at ${offset}, is not on min.insync.replicas replicas`);
    }
    this.#seen[offset] = value;
    this.#place(value, offset);
  }

  /** Everything is over: holds what the replicas have against what was promised. */
  check(log: ReadonlyMap<number, string>): void {
    for (const [offset, value] of this.#seen.entries()) {
      if (value !== undefined && log.get(offset) !== value) {
        this.#fail(
          'served before commit',
          `a consumer saw ${value} at ${offset}; there is ${log.get(offset) ?? 'nothing'}`,
        );
      }
    }
    const places = new Map<string, number[]>();
    for (const [offset, value] of log) {
      if (!this.#sent.has(value)) this.#fail('phantom', `offset ${offset} holds ${value}, which nobody sent`);
      const at = places.get(value);
      if (at === undefined) places.set(value, [offset]);
      else at.push(offset);
    }
    this.#checkAcknowledged(places);
    this.#checkOrder(places);
  }

  #checkAcknowledged(places: ReadonlyMap<string, readonly number[]>): void {
    for (const [value, offset] of this.#acknowledged) {
      const at = places.get(value);
      if (at === undefined) this.#fail('acknowledged record lost', `${value}, acknowledged at ${offset}, is nowhere`);
      if (offset >= 0 && !at.includes(offset)) {
        this.#fail('acknowledged record moved', `${value} was acknowledged at ${offset} and is at ${at.join(', ')}`);
      }
    }
  }

  #checkOrder(places: ReadonlyMap<string, readonly number[]>): void {
    const last = new Map<string, { index: number; offset: number }>();
    const ordered = [...places].toSorted(([, a], [, b]) => (a[0] ?? 0) - (b[0] ?? 0));
    for (const [value, offsets] of ordered) {
      const sent = this.#sent.get(value);
      if (sent === undefined || !sent.idempotent) continue;
      if (offsets.length > 1) this.#fail('duplicate', `${value} is at ${offsets.join(' and ')}`);
      const before = last.get(sent.producer);
      const offset = offsets[0] ?? -1;
      if (before !== undefined && before.index >= sent.index) {
        this.#fail('reordered', `${value} (number ${sent.index}) at ${offset} follows number ${before.index}`);
      }
      last.set(sent.producer, { index: sent.index, offset });
    }
  }

  #isReplicated(offset: number): boolean {
    return this.#cluster.replication.isReplicated(this.#topic, this.#partition, offset);
  }

  #place(value: string, offset: number): void {
    const known = this.#offsetOf.get(value);
    if (known === undefined) this.#offsetOf.set(value, offset);
    else if (known !== offset && this.#sent.get(value)?.idempotent === true) {
      this.#fail('duplicate', `${value} is at ${known} and at ${offset}`);
    }
  }

  #fail(invariant: string, message: string): never {
    throw new Violation(invariant, `${this.name}: ${message}`);
  }
}
