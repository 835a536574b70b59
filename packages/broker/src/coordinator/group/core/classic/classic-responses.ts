/** The responses of the classic protocol, as they are in the newest version; handlers fit them to older ones. */
import { ErrorCode, type JoinGroup, type ResponseInputOf, type SyncGroup } from '@tidelog/protocol';
import { emptyBytes, type ClassicGroup, type ClassicMember } from './classic-group.ts';

export type JoinResponse = ResponseInputOf<typeof JoinGroup>;
export type SyncResponse = ResponseInputOf<typeof SyncGroup>;

export function joinError(errorCode: ErrorCode, memberId: string): JoinResponse {
  return { errorCode, generationId: -1, protocolType: null, protocolName: null, leader: '', memberId, members: [] };
}

/** What each member is told of the current generation. Only the leader learns who the others are. */
export function currentGeneration(group: ClassicGroup): (member: ClassicMember) => JoinResponse {
  const { generationId, protocolType, protocolName, leaderId } = group;
  return ({ memberId }) => ({
    errorCode: ErrorCode.NONE,
    generationId,
    protocolType,
    protocolName,
    leader: leaderId ?? '',
    memberId,
    members: group.isLeader(memberId) ? group.membersForLeader() : [],
  });
}

export function syncError(errorCode: ErrorCode): SyncResponse {
  return { errorCode, protocolType: null, protocolName: null, assignment: emptyBytes };
}

export function syncResponse(group: ClassicGroup, assignment: Buffer): SyncResponse {
  const { protocolType, protocolName } = group;
  return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment };
}
