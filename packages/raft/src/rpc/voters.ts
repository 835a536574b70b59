/** AddRaftVoter v0-1, RemoveRaftVoter v0 and UpdateRaftVoter v0 between the wire and the core (KIP-853). */
import {
  type AddRaftVoter,
  type RemoveRaftVoter,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
  type UpdateRaftVoter,
} from '@tidelog/protocol';
import type { AddVoterRequest, RemoveVoterRequest, UpdateVoterRequest, VoterChangeResponse } from '../core/messages.ts';
import { errorOf, listenersOf } from './common.ts';

export function readAddRequest(request: RequestOf<typeof AddRaftVoter>): AddVoterRequest {
  const { voterId, voterDirectoryId, listeners, timeoutMs, ackWhenCommitted } = request;
  const voter = { id: voterId, directoryId: voterDirectoryId };
  return { kind: 'addVoter', voter, endpoints: listeners, timeoutMs, ackWhenCommitted };
}

export function writeAddRequest(
  { voter, endpoints, timeoutMs, ackWhenCommitted }: AddVoterRequest,
  clusterId: string,
): RequestInputOf<typeof AddRaftVoter> {
  const listeners = listenersOf(endpoints);
  return { clusterId, timeoutMs, voterId: voter.id, voterDirectoryId: voter.directoryId, listeners, ackWhenCommitted };
}

export function readRemoveRequest(request: RequestOf<typeof RemoveRaftVoter>): RemoveVoterRequest {
  return { kind: 'removeVoter', voter: { id: request.voterId, directoryId: request.voterDirectoryId } };
}

export function writeRemoveRequest(
  { voter }: RemoveVoterRequest,
  clusterId: string,
): RequestInputOf<typeof RemoveRaftVoter> {
  return { clusterId, voterId: voter.id, voterDirectoryId: voter.directoryId };
}

export function readUpdateRequest(request: RequestOf<typeof UpdateRaftVoter>): UpdateVoterRequest {
  const { voterId, voterDirectoryId, listeners, currentLeaderEpoch, kRaftVersionFeature } = request;
  return {
    kind: 'updateVoter',
    currentLeaderEpoch,
    voter: { id: voterId, directoryId: voterDirectoryId },
    endpoints: listeners,
    kraftVersions: { min: kRaftVersionFeature.minSupportedVersion, max: kRaftVersionFeature.maxSupportedVersion },
  };
}

export function writeUpdateRequest(
  { voter, endpoints, currentLeaderEpoch, kraftVersions }: UpdateVoterRequest,
  clusterId: string,
): RequestInputOf<typeof UpdateRaftVoter> {
  return {
    clusterId,
    currentLeaderEpoch,
    voterId: voter.id,
    voterDirectoryId: voter.directoryId,
    listeners: listenersOf(endpoints),
    kRaftVersionFeature: { minSupportedVersion: kraftVersions.min, maxSupportedVersion: kraftVersions.max },
  };
}

export function writeChangeResponse({
  error,
  detail,
}: VoterChangeResponse): ResponseInputOf<typeof AddRaftVoter> & ResponseInputOf<typeof RemoveRaftVoter> {
  return { errorCode: error, errorMessage: detail ?? null };
}

export function writeUpdateResponse({
  error,
  leaderId,
  leaderEpoch,
  leader,
}: VoterChangeResponse): ResponseInputOf<typeof UpdateRaftVoter> {
  const currentLeader = { leaderId, leaderEpoch, host: leader?.host ?? '', port: leader?.port ?? 0 };
  return { errorCode: error, currentLeader };
}

export function readChangeResponse(
  kind: VoterChangeResponse['kind'],
  { errorCode, errorMessage }: ResponseOf<typeof AddRaftVoter> | ResponseOf<typeof RemoveRaftVoter>,
): VoterChangeResponse {
  // These responses do not say who leads.
  const nobody = { leaderId: -1, leaderEpoch: -1, leader: undefined };
  return { kind, error: errorOf(errorCode), ...nobody, detail: errorMessage ?? undefined };
}

export function readUpdateResponse({
  errorCode,
  currentLeader,
}: ResponseOf<typeof UpdateRaftVoter>): VoterChangeResponse {
  const { leaderId, leaderEpoch, host, port } = currentLeader;
  const leader = leaderId >= 0 && host !== '' ? { nodeId: leaderId, host, port } : undefined;
  return { kind: 'updateVoter', error: errorOf(errorCode), leaderId, leaderEpoch, leader, detail: undefined };
}
