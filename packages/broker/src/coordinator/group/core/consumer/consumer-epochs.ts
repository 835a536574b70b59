/**
 * Moves the epochs of a group: bumps the group epoch when what it stands on changed, computes the target assignment for
 * it, and takes one member a step towards its target. All by records.
 */
import type { GroupHost, GroupTurn } from '../group-host.ts';
import { sameAssignment } from './assignment.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { sameSubscription, subscriptionOf, type ConsumerMember } from './consumer-member.ts';
import { reconcile, type ReconcileInput } from './reconciliation.ts';
import { assignorInput, hashOfTopics } from './subscribed-topics.ts';
import { assign } from './target-assignor.ts';

export class ConsumerEpochs {
  readonly #host: GroupHost;

  constructor(host: GroupHost) {
    this.#host = host;
  }

  /** Writes what a member says of itself, if it is news; true when its subscription changed. */
  updateMember(group: ConsumerGroup, member: ConsumerMember, turn: GroupTurn): boolean {
    const { groupId } = group;
    const before = group.members.get(member.memberId);
    if (before !== undefined && sameSubscription(before, member)) return false;
    const value = subscriptionOf(member);
    this.#host.write({ type: 'member', groupId, memberId: member.memberId, value }, turn);
    const wasSubscribed = before ?? { subscribedTopicNames: [], subscribedTopicRegex: null };
    return (
      before === undefined ||
      wasSubscribed.subscribedTopicRegex !== member.subscribedTopicRegex ||
      !sameSubscription(before, { ...before, subscribedTopicNames: member.subscribedTopicNames })
    );
  }

  /** Resolves a pattern that the group has not resolved, or not against this metadata; true when its topics changed. */
  resolveRegex(group: ConsumerGroup, regex: string, turn: GroupTurn): boolean {
    const { patterns, config } = this.#host;
    const image = this.#host.image();
    const before = group.regexes.get(regex);
    const isFresh = before !== undefined && turn.wall - before.timestamp < config.regexRefreshIntervalMs;
    if (isFresh && (!group.metadataIsStale || before.version >= image.offset)) return false;
    const topics = patterns.match(regex, image.topics.byName);
    const same = before?.topics.length === topics.length && topics.every((topic, i) => topic === before.topics[i]);
    if (same && isFresh) return false;
    const value = { topics, version: image.offset, timestamp: turn.wall };
    this.#host.write({ type: 'regex', groupId: group.groupId, regex, value }, turn);
    return !same;
  }

  /** Forgets patterns that no member subscribes to. */
  dropRegexes(group: ConsumerGroup, turn: GroupTurn): void {
    if (group.regexes.size === 0) return;
    const used = new Set(Array.from(group.members.values(), (member) => member.subscribedTopicRegex));
    for (const regex of Array.from(group.regexes.keys())) {
      if (!used.has(regex)) this.#host.write({ type: 'regex', groupId: group.groupId, regex, value: null }, turn);
    }
  }

  /** A new group epoch, if asked for or if the topics changed since the last one. */
  advanceGroup(group: ConsumerGroup, isDue: boolean, turn: GroupTurn): void {
    if (!isDue && !group.metadataIsStale) return;
    let topicsChanged = false;
    if (group.metadataIsStale) {
      for (const regex of Array.from(group.regexes.keys())) {
        if (this.resolveRegex(group, regex, turn)) topicsChanged = true;
      }
    }
    const hash = hashOfTopics(this.#host.image(), group.subscribedTopics());
    group.metadataIsStale = false;
    if (!isDue && !topicsChanged && hash === group.metadataHash) return;
    const value = { epoch: group.groupEpoch + 1, metadataHash: hash };
    this.#host.write({ type: 'groupEpoch', groupId: group.groupId, value }, turn);
  }

  /** A new target for the group epoch, unless the last one is too young. */
  advanceTarget(group: ConsumerGroup, turn: GroupTurn): void {
    if (group.groupEpoch <= group.assignmentEpoch) return;
    const { assignmentIntervalMs } = this.#host.timingsOf(group.groupId);
    const age = turn.wall - group.assignmentTimestamp;
    if (group.assignmentEpoch > 0 && age >= 0 && age < assignmentIntervalMs) return;
    const { groupId } = group;
    const target = assign(this.assignorOf(group), assignorInput(group, this.#host.image()));
    for (const [memberId, assignment] of target) {
      const before = group.targets.get(memberId);
      if (before !== undefined && sameAssignment(before, assignment)) continue;
      this.#host.write({ type: 'targetMember', groupId, memberId, value: assignment }, turn);
    }
    for (const memberId of Array.from(group.targets.keys())) {
      if (!target.has(memberId)) this.#host.write({ type: 'targetMember', groupId, memberId, value: null }, turn);
    }
    this.#host.write({ type: 'targetEpoch', groupId, value: { epoch: group.groupEpoch, timestamp: turn.wall } }, turn);
  }

  /** The assignor that most members ask for; the broker's first where nobody does. */
  assignorOf(group: ConsumerGroup): string {
    const votes = new Map<string, number>();
    for (const { serverAssignor } of group.members.values()) {
      if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
    }
    const [favourite] = Array.from(votes).sort(([, a], [, b]) => b - a);
    return favourite?.[0] ?? this.#host.config.consumerAssignors[0] ?? 'uniform';
  }

  /** One step of a member towards its target; returns it as it is then. */
  advanceMember(
    group: ConsumerGroup,
    memberId: string,
    said: Pick<ReconcileInput, 'owned' | 'subscriptionChanged'>,
    turn: GroupTurn,
  ): ConsumerMember | undefined {
    const member = group.members.get(memberId);
    if (member === undefined) return undefined;
    const after = reconcile({
      ...said,
      member,
      targetEpoch: group.assignmentEpoch,
      target: group.targetOf(memberId),
      isOwnedByOther: (topicId, partition) => {
        const owner = group.ownerOf(topicId, partition);
        return owner !== undefined && owner !== memberId;
      },
    });
    if (after === member) return member;
    const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = after;
    const value = { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
    this.#host.write({ type: 'current', groupId: group.groupId, memberId, value }, turn);
    return group.members.get(memberId);
  }
}
