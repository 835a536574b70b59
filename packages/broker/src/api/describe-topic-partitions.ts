/** DescribeTopicPartitions v0 (KIP-966): partitions with their eligible leader replicas, in pages by a cursor. */
import { zeroUuid } from '@tidelog/core';
import type { MetadataImage, TopicImage } from '@tidelog/metadata';
import { handler, type RequestContext } from '@tidelog/net';
import { DescribeTopicPartitions, ErrorCode, type ResponseInputOf } from '@tidelog/protocol';
import type { Authorizer } from '../authorizer.ts';
import { leaderError, leaderFor, offlineReplicas } from '../cluster-view.ts';
import { isInternalTopic } from '../internal-topics.ts';

export interface DescribeTopicPartitionsDeps {
  readonly image: () => MetadataImage;
  readonly authorizer: Authorizer;
  /** max.request.partition.size.limit */
  readonly maxPartitions: number;
}

type Answer = ResponseInputOf<typeof DescribeTopicPartitions>;
type TopicAnswer = Answer['topics'][number];

export const describeTopicPartitions = handler(
  DescribeTopicPartitions,
  [0, 0],
  (deps: DescribeTopicPartitionsDeps, request, context): Answer => {
    const image = deps.image();
    const names = request.topics.length > 0 ? request.topics.map(({ name }) => name) : topicNames(image);
    const from = request.cursor;
    const ordered = [...new Set(names)].toSorted().filter((name) => from === null || name >= from.topicName);
    let left = Math.max(1, Math.min(request.responsePartitionLimit, deps.maxPartitions));
    const topics: TopicAnswer[] = [];
    for (const name of ordered) {
      if (!mayDescribe(deps, context, name)) {
        // Whoever asks for all topics does not hear of those hidden from it.
        if (request.topics.length > 0) topics.push(failed(name, ErrorCode.TOPIC_AUTHORIZATION_FAILED));
        continue;
      }
      const topic = image.topics.get(name);
      if (topic === undefined) {
        topics.push(failed(name, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION));
        continue;
      }
      if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } };
      const first = from !== null && from.topicName === name ? Math.max(0, from.partitionIndex) : 0;
      const partitions = describe(image, topic, { first, limit: left, listenerName: context.listenerName });
      left -= partitions.length;
      topics.push({ errorCode: 0, name, topicId: topic.id, isInternal: isInternalTopic(name), partitions });
      const next = first + partitions.length;
      if (next < topic.partitions.size) return { topics, nextCursor: { topicName: name, partitionIndex: next } };
    }
    return { topics, nextCursor: null };
  },
);

function describe(
  image: MetadataImage,
  topic: TopicImage,
  { first, limit, listenerName }: { first: number; limit: number; listenerName: string },
): TopicAnswer['partitions'] {
  const ids = [...topic.partitions.keys()].toSorted((a, b) => a - b).slice(first, first + limit);
  return ids.flatMap((partitionIndex) => {
    const partition = topic.partitions.get(partitionIndex);
    if (partition === undefined) return [];
    const { leaderId, missing } = leaderFor(image, partition, listenerName);
    return [
      {
        errorCode: leaderError(missing, true),
        partitionIndex,
        leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicaNodes: [...partition.replicas],
        isrNodes: [...partition.isr],
        eligibleLeaderReplicas: [...partition.elr],
        lastKnownElr: [...partition.lastKnownElr],
        offlineReplicas: offlineReplicas(image, partition, listenerName),
      },
    ];
  });
}

function topicNames(image: MetadataImage): string[] {
  return Array.from(image.topics, (topic) => topic.name);
}

function failed(name: string, errorCode: ErrorCode): TopicAnswer {
  return { errorCode, name, topicId: zeroUuid, isInternal: isInternalTopic(name), partitions: [] };
}

function mayDescribe(deps: DescribeTopicPartitionsDeps, context: RequestContext, name: string): boolean {
  return deps.authorizer.allowsAll || deps.authorizer.authorize(context, 'DESCRIBE', { type: 'TOPIC', name });
}
