/**
 * At most one owner per partition. A member whose session is alive has a lease on what it was given: until it gives a
 * partition up, or its session has run out since the last request that the coordinator accepted, nobody else may be
 * given it. One that has to give something up has its rebalance timeout for that too, however alive its session is. And
 * nothing in the protocol tells an old heartbeat that comes late from a new one, when it is a join (KAFKA-19233), or of
 * the epoch that the member still has: what it does not name counts as given up.
 */
import type { Millis } from '@tidelog/core';
import { Violation } from '../../violation.ts';
import { rebalanceTimeoutMs, sessionTimeoutMs } from '../group-settings.ts';
import { nameOfMember, type GroupMember } from './group-member.ts';

/** Clocks drift by thousandths. */
const leaseMs: Millis = sessionTimeoutMs * 0.95;
const revocationMs: Millis = rebalanceTimeoutMs * 0.95;

/** Connections are held up, and then links are cut, and then brokers are paused. */
const longestUnderWayMs: Millis = 60_000;

/** A heartbeat without an answer. */
interface Unheard {
  readonly owned: readonly number[];
  readonly until: Millis;
}

interface Lease {
  until: Millis;
  readonly partitions: Set<number>;
  readonly unheard: Unheard[];
}

export class SingleOwner {
  readonly #now: () => Millis;
  readonly #leases = new Map<GroupMember, Lease>();

  constructor(now: () => Millis) {
    this.#now = now;
  }

  /**
   * The coordinator accepted what the member sent then: its session is alive since. `revokingSince` is the earliest
   * that it can have been asked for what it has yet to give up.
   */
  onAlive(member: GroupMember, sentAt: Millis, revokingSince = sentAt): void {
    const lease = this.#leaseOf(member);
    lease.until = Math.max(lease.until, Math.min(sentAt + leaseMs, revokingSince + revocationMs));
    this.#check(
      member,
      [...lease.partitions].filter((partition) => this.#isLeased(lease, partition)),
    );
  }

  /** A heartbeat that named all that the member owned then has no answer, and may yet come to the coordinator. */
  onUnheard(member: GroupMember, owned: readonly number[], sentAt: Millis): void {
    this.#leaseOf(member).unheard.push({ owned, until: sentAt + longestUnderWayMs });
  }

  /** Until it is told what it has, others may have it. */
  onJoining(member: GroupMember): void {
    this.#leaseOf(member).until = -Infinity;
  }

  onGiven(member: GroupMember, partitions: readonly number[]): void {
    const lease = this.#leaseOf(member);
    for (const partition of partitions) lease.partitions.add(partition);
    this.#check(member, partitions);
  }

  onGivenUp(member: GroupMember, partitions: Iterable<number>): void {
    const lease = this.#leaseOf(member);
    for (const partition of partitions) lease.partitions.delete(partition);
  }

  /** The process has ended, or another one has taken its place. */
  onGone(member: GroupMember): void {
    this.#leases.delete(member);
  }

  /** A static member's former self is fenced the moment that its successor is let in. */
  onSucceeded({ instanceId, memberId }: GroupMember): void {
    for (const other of this.#leases.keys()) {
      if (other.instanceId === instanceId && other.memberId !== memberId) this.#leases.delete(other);
    }
  }

  #check(member: GroupMember, partitions: readonly number[]): void {
    const now = this.#now();
    if (this.#leaseOf(member).until <= now) return;
    for (const [other, theirs] of this.#leases) {
      if (other === member || theirs.until <= now) continue;
      for (const partition of partitions) {
        if (!this.#isLeased(theirs, partition)) continue;
        throw new Violation(
          'two owners',
          `group ${member.groupId}: partition ${partition} is with ${nameOfMember(member)} while ` +
            `${nameOfMember(other)} has it for another ${Math.round(theirs.until - now)} ms`,
        );
      }
    }
  }

  #isLeased({ partitions, unheard }: Lease, partition: number): boolean {
    const now = this.#now();
    return partitions.has(partition) && unheard.every(({ owned, until }) => until <= now || owned.includes(partition));
  }

  #leaseOf(member: GroupMember): Lease {
    let lease = this.#leases.get(member);
    if (lease === undefined) {
      this.#leases.set(member, (lease = { until: -Infinity, partitions: new Set(), unheard: [] }));
    }
    return lease;
  }
}
