/** Whether a member may commit, and read, the offsets of its group: zombies may not. */
import { ErrorCode } from '@tidelog/protocol';
import type { ClassicGroup } from '../classic/classic-group.ts';
import { memberError } from '../classic/classic-membership.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { Group } from '../group-host.ts';
import type { CommitInput, FetchInput } from '../group-inputs.ts';

/** The version from which members of the consumer protocol may commit. */
const consumerProtocolSince = 9;

/** NONE, or why nothing of the request is committed; a partition may still be refused by `staleAt`. */
export function commitError(group: Group | undefined, input: CommitInput): ErrorCode {
  const { generationIdOrMemberEpoch: epoch, apiVersion, producer } = input;
  if (group === undefined) {
    // Nobody has joined: offsets may be stored without a group.
    if (epoch < 0) return ErrorCode.NONE;
    if (producer !== undefined) return ErrorCode.ILLEGAL_GENERATION;
    return apiVersion >= consumerProtocolSince ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.ILLEGAL_GENERATION;
  }
  return group.kind === 'classic' ? classicError(group, input) : consumerError(group, input);
}

function classicError(group: ClassicGroup, input: CommitInput): ErrorCode {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: generation, producer } = input;
  if (group.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  if (generation < 0 && group.state === 'Empty') return ErrorCode.NONE;
  const namesMember = generation >= 0 || memberId !== '' || groupInstanceId !== null;
  if (namesMember) {
    const error = memberError(group, memberId, groupInstanceId);
    if (error !== ErrorCode.NONE) return error;
    if (generation !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  } else if (producer === undefined) {
    return ErrorCode.UNKNOWN_MEMBER_ID;
  }
  // In a transaction the producer vouches for what it has read: it commits what it read before the rebalance.
  const isRebalancing = group.state === 'CompletingRebalance' && producer === undefined;
  return isRebalancing ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}

function consumerError(group: ConsumerGroup, input: CommitInput): ErrorCode {
  const { memberId, groupInstanceId, generationIdOrMemberEpoch: epoch, apiVersion, producer } = input;
  if (epoch < 0 && group.isEmpty) return ErrorCode.NONE;
  if (producer !== undefined && epoch < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE;
  const member = group.members.get(memberId);
  if (member === undefined) {
    const current = groupInstanceId === null ? undefined : group.staticMembers.get(groupInstanceId);
    return current === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.FENCED_INSTANCE_ID;
  }
  if (member.classic !== null) return epoch === member.memberEpoch ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  if (apiVersion < consumerProtocolSince && producer === undefined) return ErrorCode.UNSUPPORTED_VERSION;
  if (epoch > member.memberEpoch || epoch < 0) return ErrorCode.STALE_MEMBER_EPOCH;
  return ErrorCode.NONE;
}

/**
 * Whether a member that has not heard of its newest epoch may still commit a partition: only if the partition was its
 * own already at the epoch it knows.
 */
export function isStaleAt(
  group: Group | undefined,
  input: CommitInput,
  { topicId, partition }: { readonly topicId: string; readonly partition: number },
): boolean {
  if (group?.kind !== 'consumer') return false;
  const member = group.members.get(input.memberId);
  const epoch = input.generationIdOrMemberEpoch;
  if (member === undefined || epoch === member.memberEpoch || epoch < 0) return false;
  const assignedAt =
    member.assigned.get(topicId)?.get(partition) ?? member.pendingRevocation.get(topicId)?.get(partition);
  return assignedAt === undefined || epoch < assignedAt;
}

/** NONE, or why a member may not read its group's offsets (v9: it says who it is). */
export function fetchError(group: Group | undefined, { memberId, memberEpoch }: FetchInput): ErrorCode {
  if (memberId === null && memberEpoch < 0) return ErrorCode.NONE;
  if (group === undefined) return memberEpoch < 0 ? ErrorCode.NONE : ErrorCode.GROUP_ID_NOT_FOUND;
  if (group.kind === 'classic') return ErrorCode.NONE;
  const member = group.members.get(memberId ?? '');
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  if (member.memberEpoch === memberEpoch) return ErrorCode.NONE;
  return member.classic === null ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION;
}
