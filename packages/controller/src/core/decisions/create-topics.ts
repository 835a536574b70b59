/**
 * CreateTopics: each topic is created whole (topic, configs, partitions) or refused for its own reason.
 *
 * Checked in Kafka's order: request-wide partition limit, duplicates, names, existing topics, configs, counts and
 * assignments, placement.
 */
import { randomUuid, zeroUuid, type Uuid } from '@tidelog/core';
import { ConfigResourceType, type MetadataRecord, type PartitionRecord } from '@tidelog/metadata';
import { type CreateTopics, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { judgeTopicConfigs } from '../config-changes.ts';
import { refusal, type Decision, type DecisionContext, type Refusal, type Verdict } from '../decision.ts';
import { duplicatesOf } from '../lists.ts';
import { judgeAssignment } from '../manual-assignment.ts';
import { newPartitionRecord, placementOf } from '../new-partition.ts';
import { PlacementError } from '../placement.ts';
import { shownTopicConfigs, type ShownConfig } from '../shown-configs.ts';
import { judgeTopicName, TopicCollisions } from '../topic-names.ts';

export type CreateTopicsRequest = RequestOf<typeof CreateTopics>;
type CreatableTopic = CreateTopicsRequest['topics'][number];

export interface CreatableTopicResult {
  readonly name: string;
  readonly topicId: Uuid;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly configs: readonly ShownConfig[] | null;
}

export interface CreateTopicsResult {
  readonly throttleTimeMs: number;
  readonly topics: CreatableTopicResult[];
}

export function decideCreateTopics(
  context: DecisionContext,
  request: CreateTopicsRequest,
): Decision<CreateTopicsResult> {
  const duplicates = duplicatesOf(request.topics.map((topic) => topic.name));
  const tooMany = judgePartitionTotal(context, request);
  const records: MetadataRecord[] = [];
  const topics: CreatableTopicResult[] = [];
  const answered = new Set<string>();
  /** The topics of this request, which the image does not have yet. */
  const created = new TopicCollisions();
  for (const topic of request.topics) {
    if (answered.has(topic.name)) continue;
    answered.add(topic.name);
    const verdict = tooMany ?? judgeTopic(context, topic, { duplicates, created });
    const outcome = verdict ?? createTopic(context, topic);
    if ('errorCode' in outcome) {
      topics.push(refusedTopic(topic.name, outcome));
      continue;
    }
    created.add(topic.name);
    if (!request.validateOnly) records.push(...outcome.records);
    topics.push(request.validateOnly ? { ...outcome.result, topicId: zeroUuid } : outcome.result);
  }
  return { records, response: { throttleTimeMs: 0, topics } };
}

export function refusedTopic(name: string, { errorCode, errorMessage }: Refusal): CreatableTopicResult {
  const nothing = { topicId: zeroUuid, numPartitions: -1, replicationFactor: -1, configs: null };
  return { name, errorCode, errorMessage, ...nothing };
}

/** One request must not make more records than the log and every broker can take at once. */
function judgePartitionTotal({ config }: DecisionContext, request: CreateTopicsRequest): Verdict {
  let total = 0;
  for (const { assignments, numPartitions } of request.topics) {
    const wanted = numPartitions === -1 ? config.numPartitions : numPartitions;
    // A topic that asks for fewer than none is refused itself; it must not make room for another one.
    total += assignments.length > 0 ? assignments.length : Math.max(0, wanted);
  }
  if (total <= config.maxPartitionsPerRequest) return undefined;
  const { maxPartitionsPerRequest } = config;
  const detail = `Excessively large number of partitions per request: ${total}, at most ${maxPartitionsPerRequest}`;
  return refusal(ErrorCode.POLICY_VIOLATION, detail);
}

function judgeTopic(
  context: DecisionContext,
  topic: CreatableTopic,
  { duplicates, created }: { readonly duplicates: ReadonlySet<string>; readonly created: TopicCollisions },
): Verdict {
  const { name, configs } = topic;
  if (duplicates.has(name)) return refusal(ErrorCode.INVALID_REQUEST, 'Duplicate topic name.');
  const invalid = judgeTopicName(name);
  if (invalid !== undefined) return invalid;
  if (context.image.topics.get(name) !== undefined) {
    return refusal(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  const other = context.collisions.find(name) ?? created.find(name);
  if (other !== undefined) {
    return refusal(ErrorCode.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${other}`);
  }
  return judgeTopicConfigs(configs);
}

interface Created {
  readonly records: readonly MetadataRecord[];
  readonly result: CreatableTopicResult;
}

function createTopic(context: DecisionContext, topic: CreatableTopic): Created | Refusal {
  const { name } = topic;
  const topicId = randomUuid(context.random);
  const partitions = topic.assignments.length > 0 ? assigned(context, topic, topicId) : placed(context, topic, topicId);
  if ('errorCode' in partitions) return partitions;
  const records: MetadataRecord[] = [{ type: 'topic', name, topicId }];
  for (const config of topic.configs) {
    const resource = { resourceType: ConfigResourceType.TOPIC, resourceName: name };
    records.push({ type: 'config', ...resource, name: config.name, value: config.value });
  }
  records.push(...partitions);
  return {
    records,
    result: {
      name,
      topicId,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      numPartitions: partitions.length,
      replicationFactor: partitions[0]?.replicas.length ?? -1,
      configs: shownTopicConfigs(context, topic.configs),
    },
  };
}

function assigned(context: DecisionContext, topic: CreatableTopic, topicId: Uuid): PartitionRecord[] | Refusal {
  const given = (what: string): Refusal =>
    refusal(ErrorCode.INVALID_REQUEST, `A manual partition assignment was specified, but ${what} was not set to -1.`);
  if (topic.replicationFactor !== -1) return given('replication factor');
  if (topic.numPartitions !== -1) return given('numPartitions');
  const invalid = (detail: string): Refusal => refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, detail);
  const records: PartitionRecord[] = [];
  const inOrder = topic.assignments.toSorted((a, b) => a.partitionIndex - b.partitionIndex);
  const replicationFactor = inOrder[0]?.brokerIds.length;
  for (const [at, { partitionIndex, brokerIds }] of inOrder.entries()) {
    if (partitionIndex === inOrder[at - 1]?.partitionIndex) {
      return invalid(`Found multiple manual partition assignments for partition ${partitionIndex}`);
    }
    const verdict = judgeAssignment(context, brokerIds, replicationFactor);
    if (verdict !== undefined) return verdict;
    if (partitionIndex !== at) return invalid('partitions should be a consecutive 0-based integer sequence');
    const record = newPartitionRecord(context, { topicId, partitionId: at, replicas: brokerIds });
    if (record === undefined) return invalid(noneActive(at));
    records.push(record);
  }
  return records;
}

function placed(context: DecisionContext, topic: CreatableTopic, topicId: Uuid): PartitionRecord[] | Refusal {
  if (topic.replicationFactor < -1 || topic.replicationFactor === 0) {
    const detail = 'Replication factor must be larger than 0, or -1 to use the default value.';
    return refusal(ErrorCode.INVALID_REPLICATION_FACTOR, detail);
  }
  if (topic.numPartitions < -1 || topic.numPartitions === 0) {
    return refusal(ErrorCode.INVALID_PARTITIONS, 'Number of partitions was set to an invalid non-positive value.');
  }
  const { config } = context;
  const replicationFactor = topic.replicationFactor === -1 ? config.defaultReplicationFactor : topic.replicationFactor;
  const count = topic.numPartitions === -1 ? config.numPartitions : topic.numPartitions;
  return placePartitions(context, { topicId, from: 0, count, replicationFactor });
}

export interface PartitionsToPlace {
  readonly topicId: Uuid;
  /** The index of the first one. */
  readonly from: number;
  readonly count: number;
  readonly replicationFactor: number;
}

/** Places so many new partitions, or says with INVALID_REPLICATION_FACTOR why it cannot be. */
export function placePartitions(context: DecisionContext, wanted: PartitionsToPlace): PartitionRecord[] | Refusal {
  const { topicId, from, count, replicationFactor } = wanted;
  const unable = (detail: string): Refusal =>
    refusal(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `Unable to replicate the partition ${replicationFactor} time(s): ${detail}`,
    );
  const placement = placementOf(context);
  const records: PartitionRecord[] = [];
  try {
    for (let partitionId = from; partitionId < from + count; partitionId++) {
      const replicas = placement.place(replicationFactor);
      const record = newPartitionRecord(context, { topicId, partitionId, replicas });
      if (record === undefined) return unable('none of the chosen brokers is active.');
      records.push(record);
    }
  } catch (error) {
    if (error instanceof PlacementError) return unable(error.message);
    throw error;
  }
  return records;
}

export function noneActive(partitionId: number): string {
  return (
    `All brokers specified in the manual partition assignment for partition ${partitionId} are fenced or in ` +
    'controlled shutdown.'
  );
}
