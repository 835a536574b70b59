/**
 * A group's way from one protocol to the other without stopping (KIP-848), where group.consumer.migration.policy
 * allows:
 *
 *   classic ──a member of the consumer protocol joins──▶ consumer, its classic members served by classic-bridge.ts
 *   consumer ──the last member of the consumer protocol is gone, or a classic one has taken its place──▶ classic, which
 *              rebalances at once
 */
import { ErrorCode } from '@tidelog/protocol';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { ClassicGroups } from '../classic/classic-groups.ts';
import type { ClassicRebalance } from '../classic/classic-rebalance.ts';
import { joinError, syncError } from '../classic/classic-responses.ts';
import type { GroupHost, GroupTurn } from '../group-host.ts';
import type { ClassicGroupValue } from '../group-records.ts';
import type { Assignment } from './assignment.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { MemberState, type MemberSubscription } from './consumer-member.ts';
import { assignmentBytes, assignmentIn, subscriptionIn } from './consumer-protocol-bytes.ts';
import { hashOfTopics } from './subscribed-topics.ts';

interface Upgraded {
  readonly memberId: string;
  readonly subscription: MemberSubscription;
  readonly assignment: Assignment;
}

export class Migration {
  readonly #host: GroupHost;
  readonly #classic: ClassicGroups;
  readonly #rebalance: ClassicRebalance;

  constructor(host: GroupHost, { classic, rebalance }: { classic: ClassicGroups; rebalance: ClassicRebalance }) {
    this.#host = host;
    this.#classic = classic;
    this.#rebalance = rebalance;
  }

  /** Makes a consumer group of a classic one with members; false when that cannot be. */
  upgrade(group: ClassicGroup, turn: GroupTurn): boolean {
    const { migrationPolicy, consumerMaxSize } = this.#host.config;
    const allowed = migrationPolicy === 'upgrade' || migrationPolicy === 'bidirectional';
    if (!allowed || !group.usesConsumerProtocol || group.members.size > consumerMaxSize) return false;
    const members = this.#readMembers(group);
    if (members === undefined) return false;
    for (const { memberId, awaitingJoin, awaitingSync } of group.members.values()) {
      if (awaitingJoin !== undefined) turn.answer(awaitingJoin, joinError(ErrorCode.REBALANCE_IN_PROGRESS, memberId));
      if (awaitingSync !== undefined) turn.answer(awaitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    }
    const { groupId, generationId: epoch } = group;
    const write = (record: Parameters<GroupHost['write']>[0]): void => this.#host.write(record, turn);
    write({ type: 'classicGroup', groupId, value: null });
    const topics = new Set(members.flatMap(({ subscription }) => subscription.subscribedTopicNames));
    write({ type: 'groupEpoch', groupId, value: { epoch, metadataHash: hashOfTopics(this.#host.image(), topics) } });
    for (const { memberId, subscription, assignment } of members) {
      write({ type: 'member', groupId, memberId, value: subscription });
      write({ type: 'targetMember', groupId, memberId, value: assignment });
      const assigned = new Map(
        Array.from(assignment, ([topicId, partitions]) => [
          topicId,
          new Map(Array.from(partitions, (p) => [p, epoch])),
        ]),
      );
      const epochs = { memberEpoch: epoch, previousMemberEpoch: epoch, state: MemberState.STABLE };
      write({ type: 'current', groupId, memberId, value: { ...epochs, assigned, pendingRevocation: new Map() } });
    }
    write({ type: 'targetEpoch', groupId, value: { epoch, timestamp: 0 } });
    return true;
  }

  /** Undefined when a member's bytes are not those of a consumer, or two claim the same partition. */
  #readMembers(group: ClassicGroup): Upgraded[] | undefined {
    const image = this.#host.image();
    const taken = new Set<string>();
    const members: Upgraded[] = [];
    for (const member of group.members.values()) {
      const said = subscriptionIn(member.protocols, image);
      const assignment = assignmentIn(member.assignment, image);
      if (said === undefined || assignment === undefined) return undefined;
      for (const [topicId, partitions] of assignment) {
        for (const partition of partitions) {
          if (taken.has(`${topicId}/${partition}`)) return undefined;
          taken.add(`${topicId}/${partition}`);
        }
      }
      const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } =
        member;
      const subscription: MemberSubscription = {
        instanceId: groupInstanceId,
        rackId: said.rackId,
        clientId,
        clientHost,
        subscribedTopicNames: said.topics,
        subscribedTopicRegex: null,
        rebalanceTimeoutMs,
        serverAssignor: null,
        classic: { sessionTimeoutMs, supportedProtocols: protocols },
      };
      members.push({ memberId, subscription, assignment });
    }
    return members;
  }

  /** Makes a classic group of one whose members all speak the classic protocol; false when that may not be. */
  maybeDowngrade(group: ConsumerGroup, turn: GroupTurn): boolean {
    const { migrationPolicy, maxSize } = this.#host.config;
    const allowed = migrationPolicy === 'downgrade' || migrationPolicy === 'bidirectional';
    const members = Array.from(group.members.values());
    if (!allowed || members.length === 0 || members.length > maxSize) return false;
    if (members.some(({ classic }) => classic === null)) return false;
    const { groupId } = group;
    const value = this.#classicValue(group, turn);
    for (const { memberId } of members) {
      this.#host.write({ type: 'current', groupId, memberId, value: null }, turn);
      this.#host.write({ type: 'targetMember', groupId, memberId, value: null }, turn);
      this.#host.write({ type: 'member', groupId, memberId, value: null }, turn);
    }
    this.#host.write({ type: 'targetEpoch', groupId, value: null }, turn);
    this.#host.write({ type: 'groupEpoch', groupId, value: null }, turn);
    this.#host.write({ type: 'classicGroup', groupId, value }, turn);
    const classic = this.#host.groups.get(groupId);
    if (classic?.kind !== 'classic') return false;
    for (const { memberId, classic: metadata } of members) {
      const member = classic.members.get(memberId);
      if (member !== undefined) classic.setProtocols(member, metadata?.supportedProtocols ?? []);
    }
    this.#classic.loaded(classic, turn);
    this.#rebalance.prepareRebalance(classic, turn);
    return true;
  }

  #classicValue(group: ConsumerGroup, turn: GroupTurn): ClassicGroupValue {
    const members = Array.from(group.members.values(), (member) => {
      const [protocol] = member.classic?.supportedProtocols ?? [];
      const metadata = protocol?.metadata ?? Buffer.alloc(2);
      return {
        memberId: member.memberId,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.classic?.sessionTimeoutMs ?? 0,
        subscription: metadata,
        assignment: assignmentBytes(member.assigned, metadata.readInt16BE(0), this.#host.image()),
      };
    });
    const [first] = group.members.values();
    return {
      protocolType: 'consumer',
      generation: group.groupEpoch,
      protocol: first?.classic?.supportedProtocols[0]?.name ?? null,
      leader: first?.memberId ?? null,
      currentStateTimestamp: turn.wall,
      members,
    };
  }
}
