/** The response to a member's heartbeat. */
import { ErrorCode, type ConsumerGroupHeartbeat, type ResponseInputOf } from '@tidelog/protocol';
import { partitionsOf } from './assignment.ts';
import type { ConsumerMember } from './consumer-member.ts';

export type ConsumerHeartbeatResponse = ResponseInputOf<typeof ConsumerGroupHeartbeat>;

export function heartbeatError(errorCode: ErrorCode, errorMessage: string | null): ConsumerHeartbeatResponse {
  return { errorCode, errorMessage, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
}

export function left(memberId: string, memberEpoch: number): ConsumerHeartbeatResponse {
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    memberId,
    memberEpoch,
    heartbeatIntervalMs: 0,
    assignment: null,
  };
}

export function heartbeatResponse(
  member: ConsumerMember,
  { heartbeatIntervalMs, tellAssignment }: { heartbeatIntervalMs: number; tellAssignment: boolean },
): ConsumerHeartbeatResponse {
  const topicPartitions = tellAssignment
    ? partitionsOf(member.assigned).map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions] }))
    : [];
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs,
    assignment: tellAssignment ? { topicPartitions } : null,
  };
}
