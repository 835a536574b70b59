/** DescribeQuorum v0-2 on the wire. Ages, which are on the monotonic clock, become times of day here. */
import { ErrorCode, errorName, type DescribeQuorum, type RequestOf, type ResponseInputOf } from '@tidelog/protocol';
import type { DescribedReplica, DescribeQuorumResponse } from '../core/messages.ts';
import { listenersOf, metadataTopic, onlyPartition } from './common.ts';

export function isDescribeRequestFor(request: RequestOf<typeof DescribeQuorum>): boolean {
  return onlyPartition(request.topics) !== undefined;
}

export function writeDescribeResponse(
  answer: DescribeQuorumResponse,
  wallNow: number,
): ResponseInputOf<typeof DescribeQuorum> {
  const { error, leaderId, leaderEpoch, highWatermark, voters, observers, nodes } = answer;
  const timeOf = (ageMs: number): number => (ageMs === Infinity ? -1 : Math.floor(wallNow - ageMs));
  const replica = ({ id, directoryId, logEndOffset, lastFetchAgeMs, lastCaughtUpAgeMs }: DescribedReplica) => ({
    replicaId: id,
    replicaDirectoryId: directoryId,
    logEndOffset,
    lastFetchTimestamp: timeOf(lastFetchAgeMs),
    lastCaughtUpTimestamp: timeOf(lastCaughtUpAgeMs),
  });
  const partition = {
    partitionIndex: 0,
    errorCode: error,
    errorMessage: error === ErrorCode.NONE ? null : errorName(error),
    leaderId,
    leaderEpoch,
    highWatermark,
    currentVoters: voters.map(replica),
    observers: observers.map(replica),
  };
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: [{ topicName: metadataTopic, partitions: [partition] }],
    nodes: nodes.map(({ id, endpoints }) => ({ nodeId: id, listeners: listenersOf(endpoints) })),
  };
}
