/** Vote v0-2 between the wire and the core. */
import { zeroUuid } from '@tidelog/core';
import {
  ErrorCode,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
  type Vote,
} from '@tidelog/protocol';
import type { VoteRequest, VoteResponse } from '../core/messages.ts';
import { leaderInfoOf, metadataTopic, nodeEndpoints, onlyPartition } from './common.ts';

export function readVoteRequest({ voterId, topics }: RequestOf<typeof Vote>): VoteRequest | undefined {
  const partition = onlyPartition(topics);
  if (partition === undefined) return undefined;
  const { replicaId, replicaDirectoryId, replicaEpoch, voterDirectoryId, lastOffsetEpoch, lastOffset, preVote } =
    partition;
  return {
    kind: 'vote',
    epoch: replicaEpoch,
    candidate: { id: replicaId, directoryId: replicaDirectoryId },
    voter: voterId < 0 ? undefined : { id: voterId, directoryId: voterDirectoryId },
    lastEpoch: lastOffsetEpoch,
    lastOffset,
    preVote,
  };
}

export function writeVoteRequest(request: VoteRequest, clusterId: string): RequestInputOf<typeof Vote> {
  const { candidate, voter, epoch, lastEpoch, lastOffset, preVote } = request;
  const partition = {
    partitionIndex: 0,
    replicaEpoch: epoch,
    replicaId: candidate.id,
    replicaDirectoryId: candidate.directoryId,
    voterDirectoryId: voter?.directoryId ?? zeroUuid,
    lastOffsetEpoch: lastEpoch,
    lastOffset,
    preVote,
  };
  return { clusterId, voterId: voter?.id ?? -1, topics: [{ topicName: metadataTopic, partitions: [partition] }] };
}

export function writeVoteResponse(answer: VoteResponse): ResponseInputOf<typeof Vote> {
  const { error, leaderId, leaderEpoch, granted } = answer;
  const partition = { partitionIndex: 0, errorCode: error, leaderId, leaderEpoch, voteGranted: granted };
  return {
    errorCode: ErrorCode.NONE,
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(answer),
  };
}

export function readVoteResponse(response: ResponseOf<typeof Vote>): VoteResponse {
  const partition = onlyPartition(response.topics);
  return { ...leaderInfoOf(response, partition), kind: 'vote', granted: partition?.voteGranted ?? false };
}
