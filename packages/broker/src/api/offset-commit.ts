/**
 * OffsetCommit v2-10: topics by name, from v10 on by id. Topics that do not exist, or that the principal may not read,
 * are refused one by one; the rest is committed.
 */
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, OffsetCommit, type RequestOf } from '@tidelog/protocol';
import type { CommitTopic } from '../coordinator/group/core/group-inputs.ts';
import { commitFailure, type CommitResponse } from '../coordinator/group/core/offsets/offset-requests.ts';
import { mayOnGroup, mayOnTopic } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

type OffsetCommitRequest = RequestOf<typeof OffsetCommit>;
type TopicResult = CommitResponse['topics'][number];

const topicIdsSince = 10;

export const offsetCommit = handler(
  OffsetCommit,
  [2, 10],
  async (deps: GroupDeps, request: OffsetCommitRequest, context) => {
    const { coordinator, authorizer } = deps;
    const { groupId, topics: _, ...member } = request;
    if (!mayOnGroup(authorizer, context, { operation: 'READ', groupId })) {
      return commitFailure(request.topics, ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const { topics, refused } = checkTopics(deps, request, context);
    const { apiVersion } = context;
    const failed = (error: ErrorCode): CommitResponse => commitFailure(topics, error);
    const response =
      topics.length === 0 && refused.length > 0
        ? { topics: [] }
        : await coordinator.ask<CommitResponse>(groupId, {
            input: (to) => ({ type: 'commitOffsets', ...member, groupId, to, apiVersion, topics }),
            failed,
          });
    return { topics: [...response.topics, ...refused] };
  },
);

function checkTopics(
  { coordinator, authorizer }: GroupDeps,
  request: OffsetCommitRequest,
  context: RequestContext,
): { topics: CommitTopic[]; refused: TopicResult[] } {
  const byId = context.apiVersion >= topicIdsSince;
  const topics: CommitTopic[] = [];
  const refused: TopicResult[] = [];
  for (const { name, topicId, partitions } of request.topics) {
    const topic = byId ? coordinator.image.topics.getById(topicId) : coordinator.image.topics.get(name);
    const refuse = (errorCode: ErrorCode, of = partitions): void => {
      if (of.length === 0) return;
      refused.push({ name, topicId, partitions: of.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) });
    };
    if (!byId && !mayOnTopic(authorizer, context, { operation: 'READ', topic: name })) {
      refuse(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    } else if (topic === undefined) {
      refuse(byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    } else if (byId && !mayOnTopic(authorizer, context, { operation: 'READ', topic: topic.name })) {
      refuse(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
    } else {
      const known = partitions.filter(({ partitionIndex }) => topic.partitions.has(partitionIndex));
      if (known.length > 0) topics.push({ name: topic.name, topicId: topic.id, partitions: known });
      if (known.length < partitions.length) {
        refuse(
          ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          partitions.filter(({ partitionIndex }) => !topic.partitions.has(partitionIndex)),
        );
      }
    }
  }
  return { topics, refused };
}
