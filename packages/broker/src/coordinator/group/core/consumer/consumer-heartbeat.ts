/**
 * ConsumerGroupHeartbeat: everything a member of the consumer protocol says. Joining and leaving are heartbeats too,
 * with epochs 0, -1 and -2 (a static member that means to come back). A steady heartbeat writes nothing.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { GroupHost, GroupTurn } from '../group-host.ts';
import type { ConsumerHeartbeatInput, ConsumerHeartbeatRequest } from '../group-inputs.ts';
import { fitsWire } from '../text-limit.ts';
import { isSubset, sameAssignment } from './assignment.ts';
import type { ConsumerEpochs } from './consumer-epochs.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { joinEpoch, leaveEpoch, newMember, staticLeaveEpoch, type ConsumerMember } from './consumer-member.ts';
import type { ConsumerMembers } from './consumer-members.ts';
import { heartbeatError, heartbeatResponse, left } from './consumer-responses.ts';

export interface Refusal {
  readonly error: ErrorCode;
  readonly message: string;
}

const maxRegexLength = 4096;
const unsettledHeartbeatMinMs = 100;
const unsettledHeartbeatPerMemberMs = 2;

export class ConsumerHeartbeat {
  readonly #host: GroupHost;
  readonly #members: ConsumerMembers;
  readonly #epochs: ConsumerEpochs;

  constructor(host: GroupHost, members: ConsumerMembers, epochs: ConsumerEpochs) {
    this.#host = host;
    this.#members = members;
    this.#epochs = epochs;
  }

  /** Of a group that exists, or was just made for the one who joins. */
  beat(group: ConsumerGroup, input: ConsumerHeartbeatInput, turn: GroupTurn): void {
    const { request, to } = input;
    const found = this.#member(group, input, turn);
    if ('error' in found) return turn.answer(to, heartbeatError(found.error, found.message));
    const before = found;
    const { memberId } = before;
    const said = withRequest(before, input);
    const isNew = !group.members.has(memberId);
    let isDue = this.#epochs.updateMember(group, said, turn);
    if (said.subscribedTopicRegex !== null && this.#epochs.resolveRegex(group, said.subscribedTopicRegex, turn)) {
      isDue = true;
    }
    if (said.subscribedTopicRegex !== before.subscribedTopicRegex) this.#epochs.dropRegexes(group, turn);
    this.#epochs.advanceGroup(group, isDue, turn);
    this.#epochs.advanceTarget(group, turn);
    const owned = request.topicPartitions;
    const subscriptionChanged = isDue && !isNew;
    const after = this.#epochs.advanceMember(group, memberId, { owned, subscriptionChanged }, turn) ?? said;
    this.#members.armTimers(group, after, turn);
    const isFull =
      request.rebalanceTimeoutMs !== -1 &&
      (request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null) &&
      owned !== null;
    // Who is behind has not heard what came with its epoch: that answer was lost, or was to a request that came late.
    const isBehind = request.memberEpoch !== before.memberEpoch;
    const tellAssignment = isFull || isNew || isBehind || !sameAssignment(before.assigned, after.assigned);
    const heartbeatIntervalMs = this.#intervalOf(group, after, turn);
    turn.reply(to, heartbeatResponse(after, { heartbeatIntervalMs, tellAssignment }));
  }

  leave(group: ConsumerGroup, input: ConsumerHeartbeatInput, turn: GroupTurn): void {
    const { request, to } = input;
    const { memberId, memberEpoch, instanceId } = request;
    const member = group.members.get(memberId);
    const fenced =
      instanceId !== null && group.staticMembers.has(instanceId) && group.staticMembers.get(instanceId) !== memberId;
    if (fenced)
      return turn.answer(to, heartbeatError(ErrorCode.FENCED_INSTANCE_ID, `${instanceId} is another member now`));
    if (member === undefined) {
      return turn.answer(to, heartbeatError(ErrorCode.UNKNOWN_MEMBER_ID, `${memberId} is not a member of the group`));
    }
    if (memberEpoch === staticLeaveEpoch && member.instanceId !== null) {
      const { assigned, previousMemberEpoch, state } = member;
      const value = {
        memberEpoch: staticLeaveEpoch,
        previousMemberEpoch,
        state,
        assigned,
        pendingRevocation: new Map(),
      };
      this.#host.write({ type: 'current', groupId: group.groupId, memberId, value }, turn);
    } else {
      this.#members.remove(group, memberId, turn);
    }
    turn.reply(to, left(memberId, memberEpoch));
  }

  /** The member that speaks, as it was; one that joins as it begins. */
  #member(group: ConsumerGroup, input: ConsumerHeartbeatInput, turn: GroupTurn): ConsumerMember | Refusal {
    const { request, uuid } = input;
    const { memberEpoch, instanceId } = request;
    const memberId = request.memberId === '' ? uuid : request.memberId;
    if (instanceId !== null) return this.#staticMember(group, { request, memberId, instanceId }, turn);
    const member = group.members.get(memberId);
    if (member === undefined) {
      if (memberEpoch !== joinEpoch)
        return refusal(ErrorCode.UNKNOWN_MEMBER_ID, `${memberId} is not a member of the group`);
      return newMember(memberId);
    }
    return epochRefusal(member, request) ?? member;
  }

  #staticMember(
    group: ConsumerGroup,
    { request, memberId, instanceId }: { request: ConsumerHeartbeatRequest; memberId: string; instanceId: string },
    turn: GroupTurn,
  ): ConsumerMember | Refusal {
    const former = group.members.get(group.staticMembers.get(instanceId) ?? '');
    if (request.memberEpoch !== joinEpoch) {
      if (former === undefined) return refusal(ErrorCode.UNKNOWN_MEMBER_ID, `nobody has the instance id ${instanceId}`);
      if (former.memberId !== memberId) {
        return refusal(ErrorCode.FENCED_INSTANCE_ID, `${instanceId} is the member ${former.memberId} now`);
      }
      return epochRefusal(former, request) ?? former;
    }
    if (former === undefined) return group.members.get(memberId) ?? newMember(memberId);
    if (former.memberId === memberId && former.memberEpoch !== staticLeaveEpoch) {
      return epochRefusal(former, request) ?? former;
    }
    // A classic one has no other way to make room, and does not leave when it ends.
    if (former.memberEpoch !== staticLeaveEpoch && former.classic === null) {
      return refusal(ErrorCode.UNRELEASED_INSTANCE_ID, `${instanceId} is in use by ${former.memberId}`);
    }
    return this.#members.succeed(group, former, memberId, turn);
  }

  /** Settled groups beat as configured; while one settles, its members come back sooner to hear the news. */
  #intervalOf(group: ConsumerGroup, member: ConsumerMember, turn: GroupTurn): number {
    const { heartbeatIntervalMs } = this.#host.timingsOf(group.groupId);
    const age = turn.wall - group.assignmentTimestamp;
    const isSettled =
      group.groupEpoch === group.assignmentEpoch && group.isReconciled(member) && age >= 2 * heartbeatIntervalMs;
    if (isSettled) return heartbeatIntervalMs;
    const soon = Math.max(unsettledHeartbeatMinMs, unsettledHeartbeatPerMemberMs * group.members.size);
    return Math.min(heartbeatIntervalMs, soon);
  }
}

function refusal(error: ErrorCode, message: string): Refusal {
  return { error, message };
}

/** Members at another epoch are zombies, except one that begins anew and one whose last response was lost. */
function epochRefusal(
  member: ConsumerMember,
  { memberEpoch, topicPartitions }: ConsumerHeartbeatRequest,
): Refusal | undefined {
  if (memberEpoch === member.memberEpoch || memberEpoch === joinEpoch) return undefined;
  const isRetry =
    memberEpoch < member.memberEpoch &&
    memberEpoch === member.previousMemberEpoch &&
    isSubset(topicPartitions ?? [], member.assigned);
  if (isRetry) return undefined;
  return refusal(ErrorCode.FENCED_MEMBER_EPOCH, `the member is at epoch ${member.memberEpoch}, not ${memberEpoch}`);
}

/** What the request says of the member, over what it said before. */
function withRequest(member: ConsumerMember, { request, client }: ConsumerHeartbeatInput): ConsumerMember {
  const { instanceId, rackId, rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, serverAssignor } =
    request;
  const isSteady =
    instanceId === null &&
    rackId === null &&
    rebalanceTimeoutMs === -1 &&
    subscribedTopicNames === null &&
    subscribedTopicRegex === null &&
    serverAssignor === null &&
    client.clientId === member.clientId &&
    client.clientHost === member.clientHost &&
    member.classic === null;
  if (isSteady) return member;
  return {
    ...member,
    ...client,
    classic: null,
    instanceId: instanceId ?? member.instanceId,
    rackId: rackId ?? member.rackId,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopicNames:
      subscribedTopicNames === null ? member.subscribedTopicNames : [...new Set(subscribedTopicNames)].sort(),
    subscribedTopicRegex:
      subscribedTopicRegex === null
        ? member.subscribedTopicRegex
        : subscribedTopicRegex === ''
          ? null
          : subscribedTopicRegex,
    serverAssignor: serverAssignor === null ? member.serverAssignor : serverAssignor === '' ? null : serverAssignor,
  };
}

/** What is wrong with a request as such, before any group is looked at. */
export function requestRefusal(input: ConsumerHeartbeatInput, host: GroupHost): Refusal | undefined {
  const { request, apiVersion } = input;
  const { memberEpoch, memberId, instanceId, rebalanceTimeoutMs, topicPartitions } = request;
  const invalid = (message: string): Refusal => refusal(ErrorCode.INVALID_REQUEST, message);
  if (!canBeWritten(input)) return invalid('A text is longer than 32767 bytes of UTF-8.');
  if (instanceId === '') return invalid('InstanceId is empty.');
  if (memberEpoch < staticLeaveEpoch) return invalid('MemberEpoch is less than -2.');
  if (apiVersion >= 1 && memberId === '') return invalid('MemberId is empty.');
  if (memberEpoch > joinEpoch && memberId === '') return invalid('MemberId is empty.');
  if (memberEpoch === staticLeaveEpoch && instanceId === null) return invalid('InstanceId is missing.');
  if (memberEpoch === joinEpoch) {
    if (rebalanceTimeoutMs === -1) return invalid('RebalanceTimeoutMs is missing.');
    if (topicPartitions === null || topicPartitions.length > 0) return invalid('TopicPartitions is not empty.');
    if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null) {
      return invalid('Either SubscribedTopicNames or SubscribedTopicRegex is needed.');
    }
  }
  const { serverAssignor, subscribedTopicRegex } = request;
  if (serverAssignor !== null && serverAssignor !== '' && !host.config.consumerAssignors.includes(serverAssignor)) {
    const known = host.config.consumerAssignors.join(', ');
    return refusal(ErrorCode.UNSUPPORTED_ASSIGNOR, `${serverAssignor} is not one of the assignors ${known}`);
  }
  if (subscribedTopicRegex === null || subscribedTopicRegex === '') return undefined;
  if (subscribedTopicRegex.length <= maxRegexLength && host.patterns.isValid(subscribedTopicRegex)) return undefined;
  const message = 'The expression is not in RE2 syntax, or its repeats make it too large.';
  return refusal(ErrorCode.INVALID_REGULAR_EXPRESSION, message);
}

/** Whether every text that is kept of the member can be written again. */
function canBeWritten({ request, client }: ConsumerHeartbeatInput): boolean {
  const { memberId, instanceId, rackId, subscribedTopicNames } = request;
  return [memberId, instanceId, rackId, client.clientId, ...(subscribedTopicNames ?? [])].every((text) =>
    fitsWire(text),
  );
}

/** Whether the request is a goodbye. */
export function isLeaving({ memberEpoch }: ConsumerHeartbeatRequest): boolean {
  return memberEpoch === leaveEpoch || memberEpoch === staticLeaveEpoch;
}
