/**
 * DeleteTopics, by name or by id. A topic goes with its partitions and its configs.
 */
import { zeroUuid, type Uuid } from '@tidelog/core';
import type { MetadataRecord, TopicImage } from '@tidelog/metadata';
import { type DeleteTopics, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { refusal, type Decision, type DecisionContext, type Refusal } from '../decision.ts';
import { duplicatesOf } from '../lists.ts';

export type DeleteTopicsRequest = RequestOf<typeof DeleteTopics>;

export interface DeletableTopicResult {
  readonly name: string | null;
  readonly topicId: Uuid;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
}

export interface DeleteTopicsResult {
  readonly throttleTimeMs: number;
  readonly responses: DeletableTopicResult[];
}

interface Wanted {
  readonly name: string | null;
  readonly topicId: Uuid;
}

export function decideDeleteTopics(
  context: DecisionContext,
  request: DeleteTopicsRequest,
  apiVersion: number,
): Decision<DeleteTopicsResult> {
  const wanted = wantedTopics(request);
  const duplicateNames = duplicatesOf(wanted.flatMap(({ name }) => (name === null ? [] : [name])));
  const duplicateIds = duplicatesOf(wanted.flatMap(({ topicId }) => (topicId === zeroUuid ? [] : [topicId])));
  const records: MetadataRecord[] = [];
  const deleted = new Set<Uuid>();
  const responses = wanted.map((topic): DeletableTopicResult => {
    const found = context.config.deleteTopicEnable ? findTopic(context, topic) : deletionDisabled(apiVersion);
    if ('errorCode' in found) return { ...topic, ...found };
    const repeated = duplicateNames.has(found.name) || duplicateIds.has(found.id) || deleted.has(found.id);
    if (repeated) {
      return { ...topic, ...refusal(ErrorCode.INVALID_REQUEST, 'The topic was named more than once.') };
    }
    deleted.add(found.id);
    records.push({ type: 'removeTopic', topicId: found.id });
    return { name: found.name, topicId: found.id, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records, response: { throttleTimeMs: 0, responses } };
}

/** What is asked for, whichever way the version says it. */
export function wantedTopics({ topics, topicNames }: DeleteTopicsRequest): readonly Wanted[] {
  return [
    ...topics.map(({ name, topicId }) => ({ name, topicId })),
    ...topicNames.map((name) => ({ name, topicId: zeroUuid })),
  ];
}

function deletionDisabled(apiVersion: number): Refusal {
  const errorCode = apiVersion < 3 ? ErrorCode.INVALID_REQUEST : ErrorCode.TOPIC_DELETION_DISABLED;
  return refusal(errorCode, 'Topic deletion is disabled (delete.topic.enable=false).');
}

function findTopic({ image }: DecisionContext, { name, topicId }: Wanted): TopicImage | Refusal {
  const byId = topicId !== zeroUuid;
  if (name === null && !byId) return refusal(ErrorCode.INVALID_REQUEST, 'Neither topic name nor id were specified.');
  if (name !== null && byId) {
    return refusal(ErrorCode.INVALID_REQUEST, 'You may not specify both topic name and topic id.');
  }
  if (byId) {
    return (
      image.topics.getById(topicId) ?? refusal(ErrorCode.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
    );
  }
  const unknown = refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.');
  return image.topics.get(name ?? '') ?? unknown;
}
