/**
 * ListPartitionReassignments: the moves under way, all or of the partitions that are named.
 */
import type { TopicImage } from '@tidelog/metadata';
import { ErrorCode, type ListPartitionReassignments, type RequestOf } from '@tidelog/protocol';
import type { Decision, DecisionContext } from '../decision.ts';
import { topicsOf } from '../partition-changes.ts';

export interface ListPartitionReassignmentsResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly topics: { readonly name: string; readonly partitions: OngoingReassignment[] }[];
}

interface OngoingReassignment {
  readonly partitionIndex: number;
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

export function decideListPartitionReassignments(
  context: DecisionContext,
  request: RequestOf<typeof ListPartitionReassignments>,
): Decision<ListPartitionReassignmentsResult> {
  const topics: ListPartitionReassignmentsResult['topics'] = [];
  const add = (topic: TopicImage | undefined, wanted?: readonly number[]): void => {
    const partitions = topic === undefined ? [] : ongoing(topic, wanted);
    if (topic !== undefined && partitions.length > 0) topics.push({ name: topic.name, partitions });
  };
  if (request.topics === null) {
    for (const topic of topicsOf(context, context.index.reassigning.topics())) add(topic);
  } else {
    for (const { name, partitionIndexes } of request.topics) add(context.image.topics.get(name), partitionIndexes);
  }
  return { records: [], response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, topics } };
}

function ongoing(topic: TopicImage, wanted: readonly number[] | undefined): OngoingReassignment[] {
  const moves: OngoingReassignment[] = [];
  for (const [partitionIndex, { replicas, addingReplicas, removingReplicas }] of topic.partitions) {
    if (addingReplicas.length === 0 && removingReplicas.length === 0) continue;
    if (wanted !== undefined && !wanted.includes(partitionIndex)) continue;
    moves.push({ partitionIndex, replicas, addingReplicas, removingReplicas });
  }
  return moves;
}
