/**
 * Fenced members cannot commit. A member is fenced for a partition when a later generation was told its assignment
 * (classic), or when the partition was given to somebody at a later epoch (KIP-848, and mixed groups); and for good,
 * when the log says that it has left or that its static successor is in.
 */
import type { Millis } from '@tidelog/core';
import { Violation } from '../../violation.ts';
import { nameOfMember, type GroupMember } from './group-member.ts';

export interface Given {
  readonly epoch: number;
  /** When the member sent what was answered with it. */
  readonly askedAt: Millis;
}

export class FencedMembers {
  #generation = -1;
  readonly #given = new Map<number, Given[]>();
  /** By member id, in mixed groups: when the member heard that it is one of the group. */
  readonly #joinedAt = new Map<string, Millis>();
  readonly #gone = new Set<string>();
  readonly #instances = new Map<string, { readonly memberId: string; readonly heardAt: Millis }>();

  /** A generation is stable: its assignment is in the log, and members hear of it. */
  onGeneration(generation: number): void {
    this.#generation = Math.max(this.#generation, generation);
  }

  /** The partition was given to a member that did not have it. */
  onGiven(partition: number, given: Given): void {
    const all = this.#given.get(partition);
    if (all === undefined) this.#given.set(partition, [given]);
    else all.push(given);
  }

  /**
   * A mixed group that was empty begins with its first epoch again when the next member speaks the other protocol. What
   * was given before a member joined says nothing of it then.
   */
  onJoined({ memberId }: GroupMember, now: Millis): void {
    this.#joinedAt.set(memberId, now);
  }

  onLeft({ memberId }: GroupMember): void {
    this.#gone.add(memberId);
  }

  /**
   * A static member is in the log under this id. Its former self is out for sure only when it had been told of its own
   * joining before this one asked: of two that ask at once, either may be the last.
   */
  onStatic({ instanceId, memberId }: GroupMember, { sentAt, heardAt }: { sentAt: Millis; heardAt: Millis }): void {
    if (instanceId === null) return;
    const former = this.#instances.get(instanceId);
    if (former?.memberId === memberId) return;
    this.#gone.delete(memberId);
    this.#instances.set(instanceId, { memberId, heardAt });
    if (former === undefined) return;
    if (former.heardAt < sentAt) this.#gone.add(former.memberId);
    else this.#instances.delete(instanceId);
  }

  /** Why nothing that the member sends from now on may be accepted; undefined when it may. */
  reasonFor({ memberId, epoch, isClassic }: GroupMember, partition?: number): string | undefined {
    if (this.#gone.has(memberId)) return 'it has left, or its place was taken';
    if (isClassic && epoch < this.#generation) return `generation ${this.#generation} is stable`;
    if (partition === undefined) return undefined;
    const joinedAt = this.#joinedAt.get(memberId) ?? -Infinity;
    const later = this.#given.get(partition)?.find((given) => epoch < given.epoch && joinedAt < given.askedAt);
    return later === undefined ? undefined : `the partition was given away at epoch ${later.epoch}`;
  }

  fail(member: GroupMember, what: string, reason: string): never {
    throw new Violation(
      'a fenced member committed',
      `group ${member.groupId}: ${nameOfMember(member)} ${what}, although ${reason}`,
    );
  }
}
