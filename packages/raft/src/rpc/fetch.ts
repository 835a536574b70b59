/** Fetch v4-18 on the metadata partition between the wire and the core; from v13 on the topic is named by its id. */
import { Chunks, metadataTopicId, zeroUuid } from '@tidelog/core';
import {
  ErrorCode,
  type Fetch,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
} from '@tidelog/protocol';
import type { Answer, FetchRequest, FetchResponse } from '../core/messages.ts';
import { decodeBatches } from '../storage/batch-codec.ts';
import { errorOf, isMetadataTopic, leaderInfoOf, metadataTopic, nodeEndpoints } from './common.ts';

export type FetchAnswer = Extract<Answer, { kind: 'fetch' }>;

export function readFetchRequest(request: RequestOf<typeof Fetch>, apiVersion: number): FetchRequest | undefined {
  const topic = request.topics[0];
  const partition = topic?.partitions[0];
  if (topic === undefined || partition === undefined || request.topics.length !== 1) return undefined;
  if (topic.partitions.length !== 1 || partition.partition !== 0 || !isMetadataTopic(topic)) return undefined;
  const id = apiVersion >= 15 ? request.replicaState.replicaId : request.replicaId;
  return {
    kind: 'fetch',
    replica: { id, directoryId: apiVersion >= 17 ? partition.replicaDirectoryId : zeroUuid },
    currentLeaderEpoch: partition.currentLeaderEpoch,
    fetchOffset: partition.fetchOffset,
    // Before v12 a reader does not say; it is no replica and is served what is committed.
    lastFetchedEpoch: partition.lastFetchedEpoch,
    maxBytes: Math.min(request.maxBytes, partition.partitionMaxBytes),
    maxWaitMs: request.maxWaitMs,
    highWatermark: apiVersion >= 18 ? partition.highWatermark : Infinity,
  };
}

export function writeFetchRequest(request: FetchRequest, clusterId: string): RequestInputOf<typeof Fetch> {
  const { replica, currentLeaderEpoch, fetchOffset, lastFetchedEpoch, maxBytes, maxWaitMs, highWatermark } = request;
  const partition = {
    partition: 0,
    currentLeaderEpoch,
    fetchOffset,
    lastFetchedEpoch,
    partitionMaxBytes: maxBytes,
    replicaDirectoryId: replica.directoryId,
    highWatermark,
  };
  return {
    clusterId,
    replicaState: { replicaId: replica.id },
    maxWaitMs,
    minBytes: 0,
    maxBytes,
    topics: [{ topicId: metadataTopicId, partitions: [partition] }],
  };
}

export function writeFetchResponse(
  answer: FetchAnswer,
  records: Chunks,
  apiVersion: number,
): ResponseInputOf<typeof Fetch> {
  const { error, highWatermark, logStartOffset, diverging, snapshotId, leaderId, leaderEpoch } = answer;
  const partition = {
    partitionIndex: 0,
    errorCode: error,
    highWatermark,
    lastStableOffset: highWatermark,
    logStartOffset,
    ...(diverging && { divergingEpoch: { epoch: diverging.epoch, endOffset: diverging.offset } }),
    ...(snapshotId && { snapshotId: { epoch: snapshotId.epoch, endOffset: snapshotId.offset } }),
    currentLeader: { leaderId, leaderEpoch },
    abortedTransactions: null,
    records,
  };
  const topic = apiVersion >= 13 ? { topicId: metadataTopicId } : { topic: metadataTopic };
  return {
    errorCode: ErrorCode.NONE,
    responses: [{ topic: metadataTopic, topicId: metadataTopicId, ...topic, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(answer),
  };
}

/** Throws ProtocolError when the records are corrupt. */
export function readFetchResponse(response: ResponseOf<typeof Fetch>): FetchResponse {
  const partition = response.responses[0]?.partitions[0];
  const error = partition === undefined ? response.errorCode : partition.errorCode;
  const leader = partition && { ...partition.currentLeader, errorCode: partition.errorCode };
  const failed = errorOf(error) !== ErrorCode.NONE;
  const diverging = partition?.divergingEpoch;
  const snapshot = partition?.snapshotId;
  return {
    ...leaderInfoOf(response, leader),
    kind: 'fetch',
    highWatermark: partition?.highWatermark ?? -1,
    logStartOffset: partition?.logStartOffset ?? -1,
    diverging: diverging && diverging.epoch >= 0 ? { epoch: diverging.epoch, offset: diverging.endOffset } : undefined,
    snapshotId: snapshot && snapshot.endOffset >= 0 ? { epoch: snapshot.epoch, offset: snapshot.endOffset } : undefined,
    batches: failed ? [] : decodeBatches(partition?.records ?? Chunks.empty),
  };
}
