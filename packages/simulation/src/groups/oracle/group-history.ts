/**
 * All that the consumers of one group do and hear, told to the invariants. What an answer is worth depends on when it
 * was asked for: every check takes what was known when the request was sent.
 */
import type { Millis } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { CommittedOffsets, type CommitAttempt } from './committed-offsets.ts';
import { Delivery } from './delivery.ts';
import { FencedMembers } from './fenced-members.ts';
import type { GroupMember } from './group-member.ts';
import { SingleOwner } from './single-owner.ts';

/** Refusals after which the commit is not, and will never be, in the log. */
const refusals: ReadonlySet<number> = new Set([
  ErrorCode.ILLEGAL_GENERATION,
  ErrorCode.UNKNOWN_MEMBER_ID,
  ErrorCode.FENCED_INSTANCE_ID,
  ErrorCode.STALE_MEMBER_EPOCH,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.REBALANCE_IN_PROGRESS,
]);

/** A request whose acceptance says something: what was known when it was sent. */
export interface Asked {
  readonly sentAt: Millis;
  readonly wasCurrent: boolean;
}

export interface GroupHistoryOptions {
  readonly now: () => Millis;
  readonly trace: (what: string) => void;
  /** Its members change from one protocol to the other. */
  readonly isMixed?: boolean;
}

export class GroupHistory {
  readonly groupId: string;
  readonly delivery: Delivery;
  readonly #isMixed: boolean;
  /** Who sent a commit whose fate is unknown, as it was then. */
  readonly #senders = new WeakMap<CommitAttempt, GroupMember>();
  readonly #owners: SingleOwner;
  readonly #offsets: CommittedOffsets;
  readonly #fenced = new FencedMembers();
  readonly #now: () => Millis;
  readonly #trace: (what: string) => void;

  constructor(groupId: string, { now, trace, isMixed = false }: GroupHistoryOptions) {
    this.groupId = groupId;
    this.#isMixed = isMixed;
    this.#now = now;
    this.#owners = new SingleOwner(now);
    this.#offsets = new CommittedOffsets(groupId);
    this.delivery = new Delivery(groupId);
    this.#trace = (what) => trace(`group ${groupId}: ${what}`);
  }

  /** The coordinator took the member for one of the group; `revokingSince` as for `SingleOwner`. */
  onAlive(member: GroupMember, { sentAt, wasCurrent }: Asked, revokingSince = sentAt): void {
    if (wasCurrent) this.#owners.onAlive(member, sentAt, revokingSince);
  }

  /** As for `SingleOwner`. */
  onUnheard(member: GroupMember, owned: readonly number[], sentAt: Millis): void {
    this.#owners.onUnheard(member, owned, sentAt);
  }

  /**
   * A classic member asks to join. In a mixed group it has no lease until it is told what it has: what a rebalance of
   * the classic protocol takes from it without its knowledge is free when a member of the other protocol comes.
   * A static one that has no id yet may be let in, and what its former self had given to others, before it hears of it.
   */
  onJoining(member: GroupMember): void {
    if (member.instanceId !== null && member.memberId === '') this.#owners.onSucceeded(member);
    if (this.#isMixed) this.#owners.onJoining(member);
  }

  /** A static member is in; whoever had its instance id before is not any more. */
  onJoined(member: GroupMember, { wasCurrent }: Asked): void {
    if (this.#isMixed) this.#fenced.onJoined(member, this.#now());
    if (member.instanceId !== null && wasCurrent) this.#owners.onSucceeded(member);
  }

  /** By this id the member is one of the group, whoever it was that let it in: its former self is out. */
  onSynced(member: GroupMember, { wasCurrent }: Asked): void {
    if (member.instanceId !== null && wasCurrent) this.#owners.onSucceeded(member);
  }

  /**
   * That the member joined, by this request, is in the log. Until then the next coordinator may know its former self
   * only: a classic group forgets a rebalance that was under way, as in Kafka.
   */
  onWritten(member: GroupMember, { sentAt, wasCurrent }: Asked): void {
    if (member.instanceId !== null && wasCurrent) this.#fenced.onStatic(member, { sentAt, heardAt: this.#now() });
  }

  /** What a member was told that it did not have; `epoch` is its generation or member epoch by then. */
  onGiven(member: GroupMember, partitions: readonly number[], { sentAt, wasCurrent }: Asked): void {
    this.#trace(`${member.name} is given ${partitions.join(', ')} at ${member.epoch}`);
    this.#owners.onGiven(member, partitions);
    if (member.isClassic && !this.#isMixed) return this.#fenced.onGeneration(member.epoch);
    if (this.#isMixed && !wasCurrent) return;
    for (const partition of partitions) this.#fenced.onGiven(partition, { epoch: member.epoch, askedAt: sentAt });
  }

  /** Before the coordinator hears of it. */
  onGivenUp(member: GroupMember, partitions: readonly number[]): void {
    if (partitions.length > 0) this.#trace(`${member.name} gives up ${partitions.join(', ')}`);
    this.#owners.onGivenUp(member, partitions);
  }

  onGone(member: GroupMember): void {
    this.#owners.onGone(member);
  }

  onLeft(member: GroupMember): void {
    this.#owners.onGone(member);
    // Classic members are out for sure only with the next generation.
    if (!member.isClassic) this.#fenced.onLeft(member);
  }

  /** A commit is sent: the answer is to be told to what comes back. */
  onCommit(member: GroupMember, attempt: CommitAttempt): (error: number | undefined) => void {
    const { partition, offset } = attempt;
    const fencedBy = this.#fenced.reasonFor(member, partition);
    const sender = { ...member };
    this.#senders.set(attempt, sender);
    this.#offsets.onSent(attempt);
    return (error) => {
      if (error === undefined) return;
      if (refusals.has(error)) return this.#offsets.onRefused(attempt);
      if (error !== ErrorCode.NONE) return;
      this.#trace(`${sender.name} commits ${offset} of partition ${partition}`);
      if (fencedBy !== undefined) this.#fenced.fail(sender, `committed ${offset} of partition ${partition}`, fencedBy);
      this.#offsets.onAcknowledged(attempt);
    };
  }

  /** Why the coordinator may not take the member for one of the group any more. */
  fencedBy(member: GroupMember): string | undefined {
    return this.#fenced.reasonFor(member);
  }

  failFenced(member: GroupMember, what: string, reason: string): never {
    return this.#fenced.fail(member, what, reason);
  }

  /** A read of committed offsets is sent: what it finds is to be told to what comes back. */
  onOffsetFetch(partition: number, since: number): (offset: number) => void {
    const floor = this.#offsets.floorOf(partition);
    const isOver = this.#isMixed ? this.#overIn(partition) : (attempt: CommitAttempt) => attempt.since < since;
    return (offset) => this.#offsets.onRead(partition, { offset, floor, isOver });
  }

  /** Epochs of a mixed group may begin anew: whose commits can come no more is what fences say. */
  #overIn(partition: number): (attempt: CommitAttempt) => boolean {
    const over = this.#offsets.unknownOf(partition).filter((attempt) => {
      const sender = this.#senders.get(attempt);
      return sender !== undefined && this.#fenced.reasonFor(sender, partition) !== undefined;
    });
    return (attempt) => over.includes(attempt);
  }
}
