/** BeginQuorumEpoch v0-1 and EndQuorumEpoch v0-1 between the wire and the core. */
import { zeroUuid } from '@tidelog/core';
import {
  ErrorCode,
  type BeginQuorumEpoch,
  type EndQuorumEpoch,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
} from '@tidelog/protocol';
import type {
  BeginQuorumEpochRequest,
  BeginQuorumEpochResponse,
  EndQuorumEpochRequest,
  EndQuorumEpochResponse,
} from '../core/messages.ts';
import { leaderInfoOf, listenersOf, metadataTopic, nodeEndpoints, onlyPartition } from './common.ts';

export function readBeginRequest(request: RequestOf<typeof BeginQuorumEpoch>): BeginQuorumEpochRequest | undefined {
  const partition = onlyPartition(request.topics);
  if (partition === undefined) return undefined;
  const { voterDirectoryId, leaderId, leaderEpoch } = partition;
  return {
    kind: 'beginQuorumEpoch',
    voter: request.voterId < 0 ? undefined : { id: request.voterId, directoryId: voterDirectoryId },
    leaderId,
    epoch: leaderEpoch,
    endpoints: request.leaderEndpoints,
  };
}

export function writeBeginRequest(
  { voter, leaderId, epoch, endpoints }: BeginQuorumEpochRequest,
  clusterId: string,
): RequestInputOf<typeof BeginQuorumEpoch> {
  const voterDirectoryId = voter?.directoryId ?? zeroUuid;
  const partition = { partitionIndex: 0, voterDirectoryId, leaderId, leaderEpoch: epoch };
  return {
    clusterId,
    voterId: voter?.id ?? -1,
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    leaderEndpoints: listenersOf(endpoints),
  };
}

export function readEndRequest(request: RequestOf<typeof EndQuorumEpoch>): EndQuorumEpochRequest | undefined {
  const partition = onlyPartition(request.topics);
  if (partition === undefined) return undefined;
  const { leaderId, leaderEpoch, preferredCandidates, preferredSuccessors } = partition;
  const candidates = preferredCandidates.map(({ candidateId, candidateDirectoryId }) => ({
    id: candidateId,
    directoryId: candidateDirectoryId,
  }));
  const successors = preferredSuccessors.map((id) => ({ id, directoryId: zeroUuid }));
  return {
    kind: 'endQuorumEpoch',
    leaderId,
    epoch: leaderEpoch,
    preferredCandidates: candidates.length > 0 ? candidates : successors,
    endpoints: request.leaderEndpoints,
  };
}

export function writeEndRequest(
  { leaderId, epoch, preferredCandidates, endpoints }: EndQuorumEpochRequest,
  clusterId: string,
): RequestInputOf<typeof EndQuorumEpoch> {
  const candidates = preferredCandidates.map(({ id, directoryId }) => ({
    candidateId: id,
    candidateDirectoryId: directoryId,
  }));
  const partition = {
    partitionIndex: 0,
    leaderId,
    leaderEpoch: epoch,
    preferredSuccessors: preferredCandidates.map(({ id }) => id),
    preferredCandidates: candidates,
  };
  const topics = [{ topicName: metadataTopic, partitions: [partition] }];
  return { clusterId, topics, leaderEndpoints: listenersOf(endpoints) };
}

/** The responses of both are alike. */
export function writeEpochResponse(
  answer: BeginQuorumEpochResponse | EndQuorumEpochResponse,
): ResponseInputOf<typeof BeginQuorumEpoch> & ResponseInputOf<typeof EndQuorumEpoch> {
  const { error, leaderId, leaderEpoch } = answer;
  const partition = { partitionIndex: 0, errorCode: error, leaderId, leaderEpoch };
  return {
    errorCode: ErrorCode.NONE,
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(answer),
  };
}

export function readBeginResponse(response: ResponseOf<typeof BeginQuorumEpoch>): BeginQuorumEpochResponse {
  return { ...leaderInfoOf(response, onlyPartition(response.topics)), kind: 'beginQuorumEpoch' };
}

export function readEndResponse(response: ResponseOf<typeof EndQuorumEpoch>): EndQuorumEpochResponse {
  return { ...leaderInfoOf(response, onlyPartition(response.topics)), kind: 'endQuorumEpoch' };
}
