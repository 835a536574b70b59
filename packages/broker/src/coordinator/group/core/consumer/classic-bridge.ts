/**
 * Members that speak the classic protocol in a consumer group: while a group moves from one protocol to the other, both
 * kinds share it. Such a member follows its coordinator-made assignment by joining (each join is a step of its
 * reconciliation), syncing (what it has now) and beating (whether it should join again).
 */
import { ErrorCode } from '@tidelog/protocol';
import type { Requester } from '../../../runtime/core/turn.ts';
import { ownCopies, type JoinInput } from '../classic/classic-join.ts';
import type { HeartbeatRequest, LeaveRequest, LeaveResponse, SyncRequest } from '../classic/classic-membership.ts';
import { joinError, syncError } from '../classic/classic-responses.ts';
import type { GroupHost, GroupTurn } from '../group-host.ts';
import type { ConsumerEpochs } from './consumer-epochs.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { MemberState, newMember, type ConsumerMember } from './consumer-member.ts';
import type { ConsumerMembers } from './consumer-members.ts';
import { assignmentBytes, subscriptionIn, type EmbeddedSubscription } from './consumer-protocol-bytes.ts';
import type { Migration } from './migration.ts';

const memberIdRequiredSince = 4;
const protocolType = 'consumer';

export class ClassicBridge {
  readonly #host: GroupHost;
  readonly #epochs: ConsumerEpochs;
  readonly #members: ConsumerMembers;
  readonly #migration: Migration;

  constructor(
    host: GroupHost,
    { epochs, members }: { epochs: ConsumerEpochs; members: ConsumerMembers },
    migration: Migration,
  ) {
    this.#host = host;
    this.#epochs = epochs;
    this.#members = members;
    this.#migration = migration;
  }

  join(group: ConsumerGroup, input: JoinInput, turn: GroupTurn): void {
    const { request, to, uuid, client, apiVersion } = input;
    const { groupInstanceId } = request;
    const refuse = (error: ErrorCode, memberId = request.memberId): void => turn.answer(to, joinError(error, memberId));
    const said =
      request.protocolType === protocolType ? subscriptionIn(request.protocols, this.#host.image()) : undefined;
    if (said === undefined || !supports(group, request)) return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    const isKnown = group.members.has(request.memberId);
    if (!isKnown && group.members.size >= this.#host.config.consumerMaxSize)
      return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED);
    const memberId = request.memberId === '' ? `${groupInstanceId ?? client.clientId}-${uuid}` : request.memberId;
    if (request.memberId === '' && groupInstanceId === null && apiVersion >= memberIdRequiredSince) {
      return refuse(ErrorCode.MEMBER_ID_REQUIRED, memberId);
    }
    const former =
      groupInstanceId === null ? undefined : group.members.get(group.staticMembers.get(groupInstanceId) ?? '');
    if (former !== undefined && former.memberId !== memberId) {
      if (request.memberId !== '') return refuse(ErrorCode.FENCED_INSTANCE_ID);
      this.#members.succeed(group, former, memberId, turn);
    }
    const member = this.#update(group, memberId, { input, said }, turn);
    const isLastReplaced = former?.classic === null && this.#migration.maybeDowngrade(group, turn);
    if (isLastReplaced) return refuse(ErrorCode.REBALANCE_IN_PROGRESS);
    turn.reply(to, {
      errorCode: ErrorCode.NONE,
      generationId: member.memberEpoch,
      protocolType,
      protocolName: request.protocols[0]?.name ?? '',
      // Nobody leads: the coordinator assigns.
      leader: '',
      memberId,
      members: [],
    });
  }

  #update(
    group: ConsumerGroup,
    memberId: string,
    { input, said }: { input: JoinInput; said: EmbeddedSubscription },
    turn: GroupTurn,
  ): ConsumerMember {
    const { request, client } = input;
    const { sessionTimeoutMs, rebalanceTimeoutMs, protocols, groupInstanceId } = request;
    const before = group.members.get(memberId);
    const member: ConsumerMember = {
      ...(before ?? newMember(memberId)),
      ...client,
      instanceId: groupInstanceId,
      rackId: said.rackId,
      subscribedTopicNames: said.topics,
      subscribedTopicRegex: null,
      rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
      classic: { sessionTimeoutMs, supportedProtocols: ownCopies(protocols) },
    };
    const isDue = this.#epochs.updateMember(group, member, turn);
    this.#epochs.advanceGroup(group, isDue, turn);
    this.#epochs.advanceTarget(group, turn);
    const reconciled = { owned: said.owned, subscriptionChanged: isDue && before !== undefined };
    const after = this.#epochs.advanceMember(group, memberId, reconciled, turn) ?? member;
    this.#members.armTimers(group, after, turn);
    this.#members.heardClassic(group, after);
    this.#members.expectClassic(group, after, turn);
    return after;
  }

  sync(group: ConsumerGroup, { request, to }: { request: SyncRequest; to: Requester }, turn: GroupTurn): void {
    const member = claimed(group, request);
    if (typeof member === 'number') return turn.answer(to, syncError(member));
    const mustRejoin = group.groupEpoch > member.memberEpoch && member.state !== MemberState.UNREVOKED_PARTITIONS;
    if (mustRejoin && group.assignmentEpoch > member.memberEpoch) {
      return turn.answer(to, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    }
    this.#members.armTimers(group, member, turn);
    this.#members.heardClassic(group, member);
    const [protocol] = member.classic?.supportedProtocols ?? [];
    const version = protocol === undefined ? 0 : protocol.metadata.readInt16BE(0);
    turn.reply(to, {
      errorCode: ErrorCode.NONE,
      protocolType,
      protocolName: protocol?.name ?? '',
      assignment: assignmentBytes(member.assigned, version, this.#host.image()),
    });
  }

  /** REBALANCE_IN_PROGRESS when joining would bring the member further. */
  heartbeat(group: ConsumerGroup, request: HeartbeatRequest, turn: GroupTurn): ErrorCode {
    const member = claimed(group, request);
    if (typeof member === 'number') return member;
    this.#members.armTimers(group, member, turn);
    this.#epochs.advanceGroup(group, false, turn);
    this.#epochs.advanceTarget(group, turn);
    const isBehind = member.memberEpoch < group.assignmentEpoch;
    const mustRevoke = member.state === MemberState.UNREVOKED_PARTITIONS;
    const canTake = member.state === MemberState.UNRELEASED_PARTITIONS && this.#isFree(group, member);
    if (!isBehind && !mustRevoke && !canTake) return ErrorCode.NONE;
    this.#members.expectClassic(group, member, turn);
    return ErrorCode.REBALANCE_IN_PROGRESS;
  }

  leave(group: ConsumerGroup, members: LeaveRequest['members'], turn: GroupTurn): LeaveResponse {
    const results = members.map(({ memberId, groupInstanceId }) => {
      const owner = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId);
      const id = memberId === '' ? (owner ?? '') : memberId;
      const isFenced = groupInstanceId !== null && owner !== undefined && owner !== id;
      const errorCode = isFenced ? ErrorCode.FENCED_INSTANCE_ID : this.#leaveOne(group, id, turn);
      return { memberId, groupInstanceId, errorCode };
    });
    return { errorCode: ErrorCode.NONE, members: results };
  }

  #leaveOne(group: ConsumerGroup, memberId: string, turn: GroupTurn): ErrorCode {
    if (!group.members.has(memberId)) return ErrorCode.UNKNOWN_MEMBER_ID;
    this.#members.remove(group, memberId, turn);
    return ErrorCode.NONE;
  }

  /** Some partition of the member's target, which it lacks, is nobody's now. */
  #isFree(group: ConsumerGroup, { memberId, assigned }: ConsumerMember): boolean {
    for (const [topicId, partitions] of group.targetOf(memberId)) {
      for (const partition of partitions) {
        if (assigned.get(topicId)?.has(partition) !== true && group.ownerOf(topicId, partition) === undefined)
          return true;
      }
    }
    return false;
  }
}

/** The classic member that speaks, or why it may not. */
function claimed(
  group: ConsumerGroup,
  { memberId, groupInstanceId, generationId }: Pick<HeartbeatRequest, 'memberId' | 'groupInstanceId' | 'generationId'>,
): ConsumerMember | ErrorCode {
  const owner = groupInstanceId === null ? memberId : group.staticMembers.get(groupInstanceId);
  if (owner !== undefined && owner !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  const member = owner === undefined ? undefined : group.members.get(memberId);
  if (member === undefined || member.classic === null) return ErrorCode.UNKNOWN_MEMBER_ID;
  return generationId === member.memberEpoch ? member : ErrorCode.ILLEGAL_GENERATION;
}

/** All classic members of a group must have a protocol in common: it may become a classic group again. */
function supports(group: ConsumerGroup, { memberId, protocols }: JoinInput['request']): boolean {
  const others = Array.from(group.members.values()).filter(
    (other) => other.classic !== null && other.memberId !== memberId,
  );
  return protocols.some(({ name }) =>
    others.every(({ classic }) => classic?.supportedProtocols.some((protocol) => protocol.name === name) === true),
  );
}
