/**
 * Fenced members cannot commit. A member is fenced for a partition when a later generation was told its assignment
 * (classic), or when the partition was given to somebody at a later epoch (KIP-848); and for good, when the log says
 * that it has left or that its static successor is in.
 */
import type { Millis } from '@tidelog/core';
import { Violation } from '../../violation.ts';
import { nameOfMember, type GroupMember } from './group-member.ts';

export class FencedMembers {
  #generation = -1;
  readonly #givenAt = new Map<number, number>();
  readonly #gone = new Set<string>();
  readonly #instances = new Map<string, { readonly memberId: string; readonly heardAt: Millis }>();

  /** A generation is stable: its assignment is in the log, and members hear of it. */
  onGeneration(generation: number): void {
    this.#generation = Math.max(this.#generation, generation);
  }

  /** The partition was given to a member that did not have it, at this epoch. */
  onGiven(partition: number, epoch: number): void {
    this.#givenAt.set(partition, Math.max(this.#givenAt.get(partition) ?? -1, epoch));
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
    if (isClassic) return epoch < this.#generation ? `generation ${this.#generation} is stable` : undefined;
    const givenAt = partition === undefined ? -1 : (this.#givenAt.get(partition) ?? -1);
    return epoch < givenAt ? `the partition was given away at epoch ${givenAt}` : undefined;
  }

  fail(member: GroupMember, what: string, reason: string): never {
    throw new Violation(
      'a fenced member committed',
      `group ${member.groupId}: ${nameOfMember(member)} ${what}, although ${reason}`,
    );
  }
}
