/**
 * CreatePartitions: more partitions for topics that exist, placed or as assigned. Fewer is not possible.
 */
import type { MetadataRecord, PartitionRecord, TopicImage } from '@tidelog/metadata';
import { type CreatePartitions, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { refusal, type Decision, type DecisionContext, type Refusal, type Verdict } from '../decision.ts';
import { duplicatesOf } from '../lists.ts';
import { judgeAssignment } from '../manual-assignment.ts';
import { newPartitionRecord } from '../new-partition.ts';
import { noneActive, placePartitions } from './create-topics.ts';

export type CreatePartitionsRequest = RequestOf<typeof CreatePartitions>;
type CreatePartitionsTopic = CreatePartitionsRequest['topics'][number];

export interface CreatePartitionsResult {
  readonly throttleTimeMs: number;
  readonly results: { readonly name: string; readonly errorCode: ErrorCode; readonly errorMessage: string | null }[];
}

export function decideCreatePartitions(
  context: DecisionContext,
  request: CreatePartitionsRequest,
): Decision<CreatePartitionsResult> {
  const duplicates = duplicatesOf(request.topics.map(({ name }) => name));
  const tooMany = judgePartitionTotal(context, request);
  const records: MetadataRecord[] = [];
  const names = new Set<string>();
  const results: CreatePartitionsResult['results'] = [];
  for (const topic of request.topics) {
    const { name } = topic;
    if (names.has(name)) continue;
    names.add(name);
    const duplicate = duplicates.has(name) ? refusal(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.') : undefined;
    const outcome = duplicate ?? tooMany ?? addPartitions(context, topic);
    if ('errorCode' in outcome) {
      results.push({ name, ...outcome });
      continue;
    }
    if (!request.validateOnly) records.push(...outcome);
    results.push({ name, errorCode: ErrorCode.NONE, errorMessage: null });
  }
  return { records, response: { throttleTimeMs: 0, results } };
}

function judgePartitionTotal({ config, image }: DecisionContext, request: CreatePartitionsRequest): Verdict {
  let added = 0;
  for (const { name, count } of request.topics) {
    const existing = image.topics.get(name)?.partitions.size;
    if (existing !== undefined && count > existing) added += count - existing;
  }
  if (added <= config.maxPartitionsPerRequest) return undefined;
  const { maxPartitionsPerRequest } = config;
  const detail = `Excessively large number of partitions per request: ${added}, at most ${maxPartitionsPerRequest}`;
  return refusal(ErrorCode.POLICY_VIOLATION, detail);
}

function addPartitions(context: DecisionContext, wanted: CreatePartitionsTopic): PartitionRecord[] | Refusal {
  const { name, count, assignments } = wanted;
  const topic = context.image.topics.get(name);
  if (topic === undefined) {
    return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.');
  }
  const existing = topic.partitions.size;
  if (count === existing) return refusal(ErrorCode.INVALID_PARTITIONS, `Topic already has ${count} partition(s).`);
  if (count < existing) {
    const detail = `The topic ${name} currently has ${existing} partition(s); ${count} would not be an increase.`;
    return refusal(ErrorCode.INVALID_PARTITIONS, detail);
  }
  const added = count - existing;
  if (assignments !== null && assignments.length !== added) {
    const detail = `Attempted to add ${added} partition(s), but ${assignments.length} assignment(s) were specified.`;
    return refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, detail);
  }
  const replicationFactor = replicationFactorOf(topic);
  if (assignments === null) {
    return placePartitions(context, { topicId: topic.id, from: existing, count: added, replicationFactor });
  }
  return assigned(
    context,
    topic,
    assignments.map(({ brokerIds }) => brokerIds),
  );
}

/** As many as the first partition is meant to have when its reassignment, if any, is done. */
function replicationFactorOf(topic: TopicImage): number {
  const first = topic.partitions.get(0);
  return first === undefined ? 1 : first.replicas.length - first.removingReplicas.length;
}

function assigned(
  context: DecisionContext,
  topic: TopicImage,
  assignments: readonly (readonly number[])[],
): PartitionRecord[] | Refusal {
  const records: PartitionRecord[] = [];
  const from = topic.partitions.size;
  const replicationFactor = replicationFactorOf(topic);
  for (const [at, replicas] of assignments.entries()) {
    const verdict = judgeAssignment(context, replicas, replicationFactor);
    if (verdict !== undefined) return verdict;
    const record = newPartitionRecord(context, { topicId: topic.id, partitionId: from + at, replicas });
    if (record === undefined) return refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, noneActive(from + at));
    records.push(record);
  }
  return records;
}
