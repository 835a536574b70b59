/**
 * A committed offset never goes back: what a group reads is at least what it was promised or shown before it asked.
 *
 * A commit whose fate is unknown may be under way still, over a connection that its member has given up, and arrive
 * behind a later one of the same member. So it bounds what may be read until a later owner has read: by then the member
 * is fenced, and a commit of it that comes after that is a violation.
 */
import { Violation } from '../../violation.ts';

export interface CommitAttempt {
  readonly partition: number;
  readonly offset: number;
  /** The epoch at which the member was given the partition. */
  readonly since: number;
}

export interface Read {
  readonly offset: number;
  readonly floor: number;
  readonly isOver: (attempt: CommitAttempt) => boolean;
}

interface PartitionOffsets {
  /** Promised or shown; -1 for none. */
  floor: number;
  highestSent: number;
  readonly unknown: Set<CommitAttempt>;
}

export class CommittedOffsets {
  readonly #groupId: string;
  readonly #partitions = new Map<number, PartitionOffsets>();

  constructor(groupId: string) {
    this.#groupId = groupId;
  }

  floorOf(partition: number): number {
    return this.#of(partition).floor;
  }

  onSent(attempt: CommitAttempt): void {
    const known = this.#of(attempt.partition);
    known.unknown.add(attempt);
    known.highestSent = Math.max(known.highestSent, attempt.offset);
  }

  onAcknowledged(attempt: CommitAttempt): void {
    const known = this.#of(attempt.partition);
    known.unknown.delete(attempt);
    known.floor = Math.max(known.floor, attempt.offset);
  }

  /** It was checked and is not, and will not be, committed. */
  onRefused(attempt: CommitAttempt): void {
    this.#of(attempt.partition).unknown.delete(attempt);
  }

  unknownOf(partition: number): CommitAttempt[] {
    return [...this.#of(partition).unknown];
  }

  /** `floor` as it was when the read was sent; by then nothing can come any more of an attempt that `isOver`. */
  onRead(partition: number, read: Read): void {
    const known = this.#of(partition);
    const lowest = Array.from(known.unknown, ({ offset }) => offset).reduce((a, b) => Math.min(a, b), read.floor);
    if (read.offset < lowest) {
      this.#fail('a committed offset went back', partition, `${read.offset} is read after ${read.floor}`);
    }
    if (read.offset > known.highestSent) {
      this.#fail('phantom commit', partition, `${read.offset} is read; nobody committed beyond ${known.highestSent}`);
    }
    for (const attempt of known.unknown) if (read.isOver(attempt)) known.unknown.delete(attempt);
    if (read.offset > known.floor || read.offset < read.floor) known.floor = read.offset;
  }

  #of(partition: number): PartitionOffsets {
    let known = this.#partitions.get(partition);
    if (known === undefined) {
      this.#partitions.set(partition, (known = { floor: -1, highestSent: -1, unknown: new Set() }));
    }
    return known;
  }

  #fail(invariant: string, partition: number, message: string): never {
    throw new Violation(invariant, `group ${this.#groupId}, partition ${partition}: ${message}`);
  }
}
