/**
 * AssignReplicasToDirs (KIP-858): a broker says in which directories it put its replicas. A replica in a directory that
 * has failed meanwhile leaves the ISR and the leadership.
 */
import type { Uuid } from '@tidelog/core';
import { DirectoryId, isOnlineDirectory, type MetadataRecord } from '@tidelog/metadata';
import { type AssignReplicasToDirs, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { judgeBrokerEpoch } from '../broker-epoch.ts';
import type { Decision, DecisionContext } from '../decision.ts';
import { without } from '../lists.ts';
import { planChange } from '../partition-changes.ts';

interface PartitionResult {
  readonly partitionIndex: number;
  readonly errorCode: ErrorCode;
}

export interface AssignReplicasToDirsResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly directories: {
    readonly id: Uuid;
    readonly topics: { readonly topicId: Uuid; readonly partitions: PartitionResult[] }[];
  }[];
}

export function decideAssignReplicasToDirs(
  context: DecisionContext,
  request: RequestOf<typeof AssignReplicasToDirs>,
): Decision<AssignReplicasToDirsResult> {
  const { brokerId, brokerEpoch } = request;
  const verdict = judgeBrokerEpoch(context, { brokerId, brokerEpoch });
  if (verdict !== undefined) {
    return { records: [], response: { throttleTimeMs: 0, errorCode: verdict.errorCode, directories: [] } };
  }
  const records: MetadataRecord[] = [];
  const seen = new Set<string>();
  const directories = request.directories.map(({ id: directory, topics }) => ({
    id: directory,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }): PartitionResult => {
        const key = `${topicId}:${partitionIndex}`;
        if (seen.has(key)) return { partitionIndex, errorCode: ErrorCode.INVALID_REQUEST };
        seen.add(key);
        return {
          partitionIndex,
          errorCode: assign(context, { brokerId, directory, topicId, partitionIndex }, records),
        };
      }),
    })),
  }));
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, directories } };
}

interface Assignment {
  readonly brokerId: number;
  readonly directory: Uuid;
  readonly topicId: Uuid;
  readonly partitionIndex: number;
}

function assign(context: DecisionContext, assignment: Assignment, records: MetadataRecord[]): ErrorCode {
  const { brokerId, directory, topicId, partitionIndex: partitionId } = assignment;
  const topic = context.image.topics.getById(topicId);
  if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
  const partition = topic.partitions.get(partitionId);
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (!partition.replicas.includes(brokerId)) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  const directories = new Map([[brokerId, directory]]);
  const registered = context.image.cluster.broker(brokerId)?.logDirs ?? [];
  const isOnline = isOnlineDirectory(directory, registered);
  const planned = planChange(context, {
    topic,
    partitionId,
    partition,
    target: { directories, ...(isOnline ? {} : { isr: without(partition.isr, [brokerId]) }) },
    // What is in a directory that is offline may come back with it, and what is lost does not.
    ...(isOnline ? {} : { leaving: brokerId, unclean: directory === DirectoryId.LOST }),
  });
  if (planned !== undefined) records.push(planned);
  return ErrorCode.NONE;
}
