/** SyncGroup, Heartbeat and LeaveGroup: what members of a classic group say between joins. */
import {
  ErrorCode,
  type Heartbeat,
  type LeaveGroup,
  type RequestOf,
  type ResponseInputOf,
  type SyncGroup,
} from '@tidelog/protocol';
import type { Requester } from '../../../runtime/core/turn.ts';
import type { GroupTurn } from '../group-host.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicRebalance } from './classic-rebalance.ts';
import { classicGroupRecord } from './classic-records.ts';
import { syncError, syncResponse } from './classic-responses.ts';

export type SyncRequest = RequestOf<typeof SyncGroup>;
export type HeartbeatRequest = RequestOf<typeof Heartbeat>;
export type LeaveRequest = RequestOf<typeof LeaveGroup>;
export type LeaveResponse = ResponseInputOf<typeof LeaveGroup>;
type Leaving = LeaveRequest['members'][number];

/** What `settle` brings back when a leader's assignment was appended. */
export interface AssignmentWritten {
  readonly type: 'assignmentWritten';
  readonly group: ClassicGroup;
  readonly generationId: number;
  readonly assignments: ReadonlyMap<string, Buffer>;
}

/** NONE, or why this member id (under this instance id) is not, or no longer, one of the group. */
export function memberError(group: ClassicGroup, memberId: string, groupInstanceId: string | null): ErrorCode {
  if (groupInstanceId !== null) {
    const current = group.staticMembers.get(groupInstanceId);
    if (current === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (current !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? ErrorCode.NONE : ErrorCode.UNKNOWN_MEMBER_ID;
}

interface MemberClaim {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
}

function claimError(group: ClassicGroup, { memberId, groupInstanceId, generationId }: MemberClaim): ErrorCode {
  if (group.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  const error = memberError(group, memberId, groupInstanceId);
  if (error !== ErrorCode.NONE) return error;
  return generationId === group.generationId ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
}

export class ClassicMembership {
  readonly #rebalance: ClassicRebalance;

  constructor(rebalance: ClassicRebalance) {
    this.#rebalance = rebalance;
  }

  sync(group: ClassicGroup, { request, to }: { request: SyncRequest; to: Requester }, turn: GroupTurn): void {
    const error = syncRefusal(group, request);
    const member = group.members.get(request.memberId);
    if (error !== ErrorCode.NONE || member === undefined) return turn.answer(to, syncError(error));
    if (group.state === 'Stable') {
      this.#rebalance.synced(group, member, turn);
      return turn.reply(to, syncResponse(group, member.assignment));
    }
    if (member.awaitingSync !== undefined) turn.answer(member.awaitingSync, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    member.awaitingSync = to;
    this.#rebalance.synced(group, member, turn);
    if (!group.isLeader(member.memberId)) return;
    const assignments = new Map(
      request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]),
    );
    turn.append(classicGroupRecord(group, assignments));
    const { generationId } = group;
    const token: AssignmentWritten = { type: 'assignmentWritten', group, generationId, assignments };
    turn.settle(token);
  }

  /** The assignment is committed, or cannot be: then everybody joins again. A later rebalance makes it void. */
  assignmentWritten(written: AssignmentWritten, error: ErrorCode, turn: GroupTurn): void {
    const { group, generationId, assignments } = written;
    if (group.state !== 'CompletingRebalance' || group.generationId !== generationId) return;
    if (error === ErrorCode.NONE) return this.#rebalance.propagateAssignment(group, assignments, turn);
    this.#rebalance.failSyncs(group, error, turn);
    this.#rebalance.prepareRebalance(group, turn);
  }

  heartbeat(group: ClassicGroup, request: HeartbeatRequest, turn: GroupTurn): ErrorCode {
    const error = claimError(group, request);
    const member = group.members.get(request.memberId);
    if (error !== ErrorCode.NONE || member === undefined) return error;
    if (group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID;
    this.#rebalance.armSession(group, member, turn);
    return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  leave(group: ClassicGroup | undefined, members: readonly Leaving[], turn: GroupTurn): LeaveResponse {
    const results = members.map(({ memberId, groupInstanceId }) => {
      const isKnown = group !== undefined && group.state !== 'Dead';
      const errorCode = isKnown
        ? this.#leaveOne(group, { memberId, groupInstanceId }, turn)
        : ErrorCode.UNKNOWN_MEMBER_ID;
      return { memberId, groupInstanceId, errorCode };
    });
    return { errorCode: ErrorCode.NONE, members: results };
  }

  #leaveOne(
    group: ClassicGroup,
    { memberId, groupInstanceId }: { memberId: string; groupInstanceId: string | null },
    turn: GroupTurn,
  ): ErrorCode {
    if (groupInstanceId === null && group.pendingJoins.has(memberId)) {
      this.#rebalance.removePending(group, memberId, turn);
      return ErrorCode.NONE;
    }
    // An administrator names a static member by its instance id alone.
    const id = memberId === '' ? (group.staticMembers.get(groupInstanceId ?? '') ?? '') : memberId;
    const error = memberError(group, id, groupInstanceId);
    const member = group.members.get(id);
    if (error !== ErrorCode.NONE || member === undefined) return error;
    this.#rebalance.removeMember(group, member, turn);
    return ErrorCode.NONE;
  }
}

function syncRefusal(group: ClassicGroup, request: SyncRequest): ErrorCode {
  const error = claimError(group, request);
  if (error !== ErrorCode.NONE) return error;
  const { protocolType, protocolName } = request;
  const differs =
    (protocolType !== null && protocolType !== group.protocolType) ||
    (protocolName !== null && protocolName !== group.protocolName);
  if (differs) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
  if (group.state === 'Empty') return ErrorCode.UNKNOWN_MEMBER_ID;
  return group.state === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}
