/** The consumer groups of a shard (KIP-848): how they come to be, are read back from the log, are described, and go. */
import { ErrorCode, type ConsumerGroupDescribe, type ResponseInputOf } from '@tidelog/protocol';
import type { ClassicGroups } from '../classic/classic-groups.ts';
import type { ClassicRebalance } from '../classic/classic-rebalance.ts';
import type { GroupHost, GroupTurn } from '../group-host.ts';
import type { ConsumerHeartbeatInput } from '../group-inputs.ts';
import type { GroupRecord } from '../group-records.ts';
import { partitionsOf, type AssignedPartitions, type Assignment } from './assignment.ts';
import { ClassicBridge } from './classic-bridge.ts';
import { ConsumerEpochs } from './consumer-epochs.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { ConsumerHeartbeat, isLeaving, requestRefusal } from './consumer-heartbeat.ts';
import { joinEpoch, type ConsumerMember } from './consumer-member.ts';
import { ConsumerMembers } from './consumer-members.ts';
import { heartbeatError } from './consumer-responses.ts';
import { Migration } from './migration.ts';

export type DescribedConsumerGroup = ResponseInputOf<typeof ConsumerGroupDescribe>['groups'][number];
type DescribedMember = DescribedConsumerGroup['members'][number];
type ConsumerRecord = Exclude<GroupRecord, { type: 'offset' | 'classicGroup' }>;

export class ConsumerGroups {
  readonly epochs: ConsumerEpochs;
  readonly members: ConsumerMembers;
  readonly #host: GroupHost;
  readonly #classic: ClassicGroups;
  readonly #heartbeat: ConsumerHeartbeat;
  readonly #migration: Migration;
  /** For members that speak the classic protocol. */
  readonly bridge: ClassicBridge;

  constructor(host: GroupHost, classic: ClassicGroups, rebalance: ClassicRebalance) {
    this.#host = host;
    this.#classic = classic;
    this.epochs = new ConsumerEpochs(host);
    this.#migration = new Migration(host, { classic, rebalance });
    this.members = new ConsumerMembers(host, this.epochs, (group, turn) => this.#migration.maybeDowngrade(group, turn));
    this.bridge = new ClassicBridge(host, this, this.#migration);
    this.#heartbeat = new ConsumerHeartbeat(host, this.members, this.epochs);
  }

  heartbeat(input: ConsumerHeartbeatInput, turn: GroupTurn): void {
    const { request, to } = input;
    const refusal = requestRefusal(input, this.#host);
    if (refusal !== undefined) return turn.answer(to, heartbeatError(refusal.error, refusal.message));
    const group = this.#groupFor(input, turn);
    if (group === undefined) {
      const message = `Group ${request.groupId} is not a consumer group.`;
      return turn.answer(to, heartbeatError(ErrorCode.GROUP_ID_NOT_FOUND, message));
    }
    if (isLeaving(request)) return this.#heartbeat.leave(group, input, turn);
    const isFull = !group.members.has(request.memberId) && group.members.size >= this.#host.config.consumerMaxSize;
    if (isFull && request.memberEpoch === joinEpoch) {
      const message = `The group has reached its most members (group.consumer.max.size=${group.members.size}).`;
      return turn.answer(to, heartbeatError(ErrorCode.GROUP_MAX_SIZE_REACHED, message));
    }
    this.#heartbeat.beat(group, input, turn);
  }

  /** The group of a heartbeat; whoever joins may found it. An empty classic group makes room. */
  #groupFor({ request }: ConsumerHeartbeatInput, turn: GroupTurn): ConsumerGroup | undefined {
    const { groupId, memberEpoch } = request;
    const group = this.#host.groups.get(groupId);
    if (group?.kind === 'consumer') return group;
    if (memberEpoch !== joinEpoch) return undefined;
    if (group !== undefined) {
      if (group.isEmpty) this.#host.write({ type: 'classicGroup', groupId, value: null }, turn);
      else if (!this.#migration.upgrade(group, turn)) return undefined;
      const upgraded = this.#host.groups.get(groupId);
      if (upgraded?.kind === 'consumer') {
        this.armTimers(upgraded, turn);
        return upgraded;
      }
    }
    return this.#create(groupId);
  }

  #create(groupId: string): ConsumerGroup {
    const group = new ConsumerGroup(groupId, this.#host.timeline);
    this.#host.timeline.set(this.#host.groups, groupId, group);
    return group;
  }

  replay(record: ConsumerRecord): void {
    const { groupId } = record;
    const existing = this.#host.groups.get(groupId);
    let group = existing?.kind === 'consumer' ? existing : undefined;
    if (group === undefined) {
      // What is left to delete of a group that is gone.
      if (record.value === null) return;
      if (existing?.kind === 'classic') this.#classic.bury(existing);
      group = this.#create(groupId);
    }
    switch (record.type) {
      case 'groupEpoch':
        if (record.value === null) return this.#host.timeline.delete(this.#host.groups, groupId);
        return group.replayEpoch(record.value.epoch, record.value.metadataHash);
      case 'member':
        return group.replayMember(record.memberId, record.value);
      case 'targetEpoch':
        return record.value === null ? undefined : group.replayTargetEpoch(record.value.epoch, record.value.timestamp);
      case 'targetMember':
        return group.replayTarget(record.memberId, record.value);
      case 'current':
        return group.replayCurrent(record.memberId, record.value);
      case 'regex':
        return group.replayRegex(record.regex, record.value);
    }
  }

  /** Takes out a group without members, and its records. */
  delete(group: ConsumerGroup, turn: GroupTurn): void {
    const { groupId } = group;
    for (const memberId of Array.from(group.targets.keys())) {
      this.#host.write({ type: 'targetMember', groupId, memberId, value: null }, turn);
    }
    for (const regex of Array.from(group.regexes.keys())) {
      this.#host.write({ type: 'regex', groupId, regex, value: null }, turn);
    }
    this.#host.write({ type: 'targetEpoch', groupId, value: null }, turn);
    this.#host.write({ type: 'groupEpoch', groupId, value: null }, turn);
  }

  /** The shard serves, or was rolled back: every member has a whole session again. */
  armTimers(group: ConsumerGroup, turn: GroupTurn): void {
    for (const memberId of Array.from(group.timers.keys())) {
      if (!group.members.has(memberId)) this.members.cancelTimers(group, memberId);
    }
    for (const member of group.members.values()) this.members.armTimers(group, member, turn);
  }

  /** Decisions were undone, and one of them may have been what the group made of new metadata. */
  reverted(group: ConsumerGroup, turn: GroupTurn): void {
    group.metadataIsStale = true;
    this.armTimers(group, turn);
  }

  /** Groups look at their topics again with the next heartbeat. */
  onMetadata(changedTopics: ReadonlySet<string>): void {
    if (changedTopics.size === 0) return;
    for (const group of this.#host.groups.values()) if (group.kind === 'consumer') group.metadataIsStale = true;
  }

  describe(groupId: string): DescribedConsumerGroup {
    const group = this.#host.groups.get(groupId);
    if (group?.kind !== 'consumer') {
      return {
        errorCode: ErrorCode.GROUP_ID_NOT_FOUND,
        errorMessage: `Group ${groupId} ${group === undefined ? 'not found' : 'is not a consumer group'}.`,
        groupId,
        groupState: '',
        groupEpoch: 0,
        assignmentEpoch: 0,
        assignorName: '',
        members: [],
      };
    }
    const { groupEpoch, assignmentEpoch, state: groupState } = group;
    return {
      errorCode: ErrorCode.NONE,
      groupId,
      groupState,
      groupEpoch,
      assignmentEpoch,
      assignorName: this.epochs.assignorOf(group),
      members: Array.from(group.members.values(), (member) => this.#describeMember(group, member)),
    };
  }

  #describeMember(group: ConsumerGroup, member: ConsumerMember): DescribedMember {
    const { memberId, instanceId, rackId, memberEpoch, clientId, clientHost, subscribedTopicRegex } = member;
    return {
      memberId,
      instanceId,
      rackId,
      memberEpoch,
      clientId,
      clientHost,
      subscribedTopicNames: [...member.subscribedTopicNames],
      subscribedTopicRegex,
      assignment: this.#named(member.assigned),
      targetAssignment: this.#named(group.targetOf(memberId)),
      memberType: member.classic === null ? 1 : 0,
    };
  }

  /** Topics that are gone since have no name to show. */
  #named(assignment: Assignment | AssignedPartitions): DescribedMember['assignment'] {
    const { topics } = this.#host.image();
    const topicPartitions = partitionsOf(assignment).flatMap(({ topicId, partitions }) => {
      const topicName = topics.getById(topicId)?.name;
      return topicName === undefined ? [] : [{ topicId, topicName, partitions: [...partitions] }];
    });
    return { topicPartitions };
  }
}
