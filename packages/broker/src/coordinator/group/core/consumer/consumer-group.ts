/**
 * A group of the consumer protocol (KIP-848), as its records say. Three epochs move one after the other:
 *
 *   group epoch       a member, a subscription or the metadata changed
 *   assignment epoch  the target assignment was computed for that group epoch
 *   member epoch      the member has given up what the target takes from it
 *
 * Invariant: `owners` has every partition that some member has or has yet to give up, with that member; so one
 * partition never has two owners. Everything here changes through the timeline, by replaying records.
 */
import type { Uuid } from '@tidelog/core';
import type { SoftTimer } from '../../../runtime/core/soft-deadlines.ts';
import type { Timeline } from '../../../runtime/core/timeline.ts';
import type { OnDue } from '../group-host.ts';
import type { CurrentAssignment, ResolvedRegex } from '../group-records.ts';
import { noAssignment, type AssignedPartitions, type Assignment } from './assignment.ts';
import { joinEpoch, MemberState, newMember, type ConsumerMember, type MemberSubscription } from './consumer-member.ts';

export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

/** Timers of a member: soft state, armed again when a shard was loaded or rolled back. */
export interface MemberTimers {
  readonly session: SoftTimer<OnDue>;
  readonly rebalance: SoftTimer<OnDue>;
  /** What `rebalance` waits for the member to give up. */
  revoking: AssignedPartitions;
  /** Of a member that speaks the classic protocol: until when it has to join or to sync. */
  readonly rejoin: SoftTimer<OnDue>;
}

export class ConsumerGroup {
  readonly kind = 'consumer';
  readonly groupId: string;
  groupEpoch = 0;
  /** Of the topics the members subscribe to; 0 before it was computed. */
  metadataHash = 0;
  assignmentEpoch = 0;
  /** Milliseconds since 1970 when the target was computed. */
  assignmentTimestamp = 0;
  readonly members = new Map<string, ConsumerMember>();
  /** Member ids by instance id. */
  readonly staticMembers = new Map<string, string>();
  readonly targets = new Map<string, Assignment>();
  readonly regexes = new Map<string, ResolvedRegex>();
  readonly owners = new Map<Uuid, Map<number, string>>();
  /** Soft: timers by member id. */
  readonly timers = new Map<string, MemberTimers>();
  /** Soft: the metadata changed since the hash was computed. */
  metadataIsStale = true;
  readonly #timeline: Timeline;

  constructor(groupId: string, timeline: Timeline) {
    this.groupId = groupId;
    this.#timeline = timeline;
  }

  get isEmpty(): boolean {
    return this.members.size === 0;
  }

  get state(): ConsumerGroupState {
    if (this.members.size === 0) return 'Empty';
    if (this.groupEpoch > this.assignmentEpoch) return 'Assigning';
    for (const member of this.members.values()) if (!this.isReconciled(member)) return 'Reconciling';
    return 'Stable';
  }

  isReconciled(member: ConsumerMember): boolean {
    return member.state === MemberState.STABLE && member.memberEpoch === this.assignmentEpoch;
  }

  targetOf(memberId: string): Assignment {
    return this.targets.get(memberId) ?? noAssignment;
  }

  ownerOf(topicId: Uuid, partition: number): string | undefined {
    return this.owners.get(topicId)?.get(partition);
  }

  /** All topics that a member is subscribed to, by name and by pattern. */
  topicsOf(member: MemberSubscription): ReadonlySet<string> {
    const topics = new Set(member.subscribedTopicNames);
    const regex = member.subscribedTopicRegex;
    for (const topic of (regex === null ? undefined : this.regexes.get(regex)?.topics) ?? []) topics.add(topic);
    return topics;
  }

  subscribedTopics(): ReadonlySet<string> {
    const topics = new Set<string>();
    for (const member of this.members.values()) for (const topic of this.topicsOf(member)) topics.add(topic);
    return topics;
  }

  replayEpoch(epoch: number, metadataHash: number): void {
    this.#timeline.assign(this, 'groupEpoch', epoch);
    this.#timeline.assign(this, 'metadataHash', metadataHash);
  }

  replayTargetEpoch(epoch: number, timestamp: number): void {
    this.#timeline.assign(this, 'assignmentEpoch', epoch);
    this.#timeline.assign(this, 'assignmentTimestamp', timestamp);
  }

  replayMember(memberId: string, subscription: MemberSubscription | null): void {
    const before = this.members.get(memberId);
    if (subscription === null) {
      if (before === undefined) return;
      this.#own(before, undefined);
      this.#timeline.delete(this.members, memberId);
      const { instanceId } = before;
      if (instanceId !== null && this.staticMembers.get(instanceId) === memberId) {
        this.#timeline.delete(this.staticMembers, instanceId);
      }
      return;
    }
    this.#timeline.set(this.members, memberId, { ...(before ?? newMember(memberId)), ...subscription });
    const { instanceId } = subscription;
    const formerly = before?.instanceId ?? null;
    if (formerly !== null && formerly !== instanceId && this.staticMembers.get(formerly) === memberId) {
      this.#timeline.delete(this.staticMembers, formerly);
    }
    if (instanceId !== null) this.#timeline.set(this.staticMembers, instanceId, memberId);
  }

  replayTarget(memberId: string, target: Assignment | null): void {
    if (target === null) this.#timeline.delete(this.targets, memberId);
    else this.#timeline.set(this.targets, memberId, target);
  }

  replayCurrent(memberId: string, current: CurrentAssignment | null): void {
    const before = this.members.get(memberId);
    if (before === undefined && current === null) return;
    const member = before ?? newMember(memberId);
    const after: ConsumerMember =
      current === null ? { ...newMember(memberId, member), memberEpoch: joinEpoch } : { ...member, ...current };
    this.#own(before, after);
    this.#timeline.set(this.members, memberId, after);
  }

  replayRegex(regex: string, resolved: ResolvedRegex | null): void {
    if (resolved === null) this.#timeline.delete(this.regexes, regex);
    else this.#timeline.set(this.regexes, regex, resolved);
  }

  #own(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    if (before !== undefined) {
      this.#release(before.assigned, before.memberId);
      this.#release(before.pendingRevocation, before.memberId);
    }
    if (after !== undefined) {
      this.#claim(after.assigned, after.memberId);
      this.#claim(after.pendingRevocation, after.memberId);
    }
  }

  #claim(partitions: AssignedPartitions, memberId: string): void {
    for (const [topicId, topic] of partitions) {
      let owners = this.owners.get(topicId);
      if (owners === undefined) this.#timeline.set(this.owners, topicId, (owners = new Map()));
      for (const partition of topic.keys()) this.#timeline.set(owners, partition, memberId);
    }
  }

  #release(partitions: AssignedPartitions, memberId: string): void {
    for (const [topicId, topic] of partitions) {
      const owners = this.owners.get(topicId);
      if (owners === undefined) continue;
      for (const partition of topic.keys()) {
        if (owners.get(partition) === memberId) this.#timeline.delete(owners, partition);
      }
    }
  }
}
