/** FetchSnapshot v0-1 between the wire and the core. */
import { Chunks } from '@tidelog/core';
import {
  ErrorCode,
  type FetchSnapshot,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
} from '@tidelog/protocol';
import type { Answer, FetchSnapshotRequest, FetchSnapshotResponse } from '../core/messages.ts';
import { leaderInfoOf, metadataTopic, nodeEndpoints, onlyPartition } from './common.ts';

export type SnapshotAnswer = Extract<Answer, { kind: 'fetchSnapshot' }>;

export function readSnapshotRequest(request: RequestOf<typeof FetchSnapshot>): FetchSnapshotRequest | undefined {
  const partition = onlyPartition(request.topics.map(({ name, partitions }) => ({ topicName: name, partitions })));
  if (partition === undefined) return undefined;
  const { currentLeaderEpoch, snapshotId, position, replicaDirectoryId } = partition;
  return {
    kind: 'fetchSnapshot',
    replica: { id: request.replicaId, directoryId: replicaDirectoryId },
    currentLeaderEpoch,
    id: { offset: snapshotId.endOffset, epoch: snapshotId.epoch },
    position,
    maxBytes: request.maxBytes,
  };
}

export function writeSnapshotRequest(
  request: FetchSnapshotRequest,
  clusterId: string,
): RequestInputOf<typeof FetchSnapshot> {
  const { replica, currentLeaderEpoch, id, position, maxBytes } = request;
  const partition = {
    partition: 0,
    currentLeaderEpoch,
    snapshotId: { endOffset: id.offset, epoch: id.epoch },
    position,
    replicaDirectoryId: replica.directoryId,
  };
  return { clusterId, replicaId: replica.id, maxBytes, topics: [{ name: metadataTopic, partitions: [partition] }] };
}

export function writeSnapshotResponse(
  answer: SnapshotAnswer,
  { size, bytes }: { size: number; bytes: Buffer },
): ResponseInputOf<typeof FetchSnapshot> {
  const { error, id, leaderId, leaderEpoch, position } = answer;
  const partition = {
    index: 0,
    errorCode: error,
    snapshotId: { endOffset: id.offset, epoch: id.epoch },
    currentLeader: { leaderId, leaderEpoch },
    size,
    position,
    unalignedRecords: Chunks.of(bytes),
  };
  return {
    errorCode: ErrorCode.NONE,
    topics: [{ name: metadataTopic, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(answer),
  };
}

export function readSnapshotResponse(response: ResponseOf<typeof FetchSnapshot>): FetchSnapshotResponse {
  const partition = onlyPartition(response.topics.map(({ name, partitions }) => ({ topicName: name, partitions })));
  const leader = partition && { ...partition.currentLeader, errorCode: partition.errorCode };
  return {
    ...leaderInfoOf(response, leader),
    kind: 'fetchSnapshot',
    id: { offset: partition?.snapshotId.endOffset ?? -1, epoch: partition?.snapshotId.epoch ?? -1 },
    size: partition?.size ?? -1,
    position: partition?.position ?? -1,
    bytes: partition?.unalignedRecords.toBuffer() ?? Buffer.alloc(0),
  };
}
