/**
 * OffsetFetch v1-10: one group, from v8 on several; topics by name, from v10 on by id; all topics where none are named
 * (null, from v2 on). v1 has no place for the group's error: its partitions carry it.
 */
import { zeroUuid } from '@tidelog/core';
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, OffsetFetch, type RequestOf, type ResponseInputOf } from '@tidelog/protocol';
import type { FetchGroup, FetchInput } from '../coordinator/group/core/group-inputs.ts';
import type { FetchResponseGroup } from '../coordinator/group/core/offsets/offset-requests.ts';
import { mayOnGroup, mayOnTopic } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

type OffsetFetchRequest = RequestOf<typeof OffsetFetch>;
type OffsetFetchResponse = ResponseInputOf<typeof OffsetFetch>;

const manyGroupsSince = 8;
const groupErrorSince = 2;
const topicIdsSince = 10;

export const offsetFetch = handler(
  OffsetFetch,
  [1, 10],
  async (deps: GroupDeps, request: OffsetFetchRequest, context): Promise<OffsetFetchResponse> => {
    const { apiVersion } = context;
    if (apiVersion >= manyGroupsSince) {
      const { requireStable } = request;
      const groups = await Promise.all(
        request.groups.map((group) => fetchGroup(deps, { group, requireStable, context })),
      );
      return { groups };
    }
    const { groupId, requireStable } = request;
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null;
    const group = { groupId, memberId: null, memberEpoch: -1, topics };
    const { topics: found, errorCode } = await fetchGroup(deps, { group, requireStable, context });
    if (apiVersion >= groupErrorSince || errorCode === ErrorCode.NONE) return { topics: found, errorCode };
    return { topics: failedTopics(group, errorCode) };
  },
);

interface GroupFetch {
  readonly group: FetchGroup;
  readonly requireStable: boolean;
  readonly context: RequestContext;
}

async function fetchGroup(deps: GroupDeps, { group, requireStable, context }: GroupFetch): Promise<FetchResponseGroup> {
  const { coordinator, authorizer } = deps;
  const { groupId, memberId, memberEpoch } = group;
  const failed = (errorCode: ErrorCode): FetchResponseGroup => ({ groupId, topics: [], errorCode });
  if (!mayOnGroup(authorizer, context, { operation: 'DESCRIBE', groupId })) {
    return failed(ErrorCode.GROUP_AUTHORIZATION_FAILED);
  }
  const asked = group.topics === null ? undefined : resolveTopics(deps, group.topics, context);
  const input = { type: 'fetchOffsets', groupId, memberId, memberEpoch, requireStable } as const;
  const response = await coordinator.ask<FetchResponseGroup>(groupId, {
    input: (to) => ({ ...input, to, topics: asked?.topics ?? null }) satisfies FetchInput,
    failed,
  });
  if (asked === undefined) return withoutHidden(deps, response, context);
  return response.errorCode === ErrorCode.NONE
    ? { ...response, topics: [...response.topics, ...asked.refused] }
    : response;
}

type AskedTopics = NonNullable<FetchGroup['topics']>;

function resolveTopics(
  { coordinator, authorizer }: GroupDeps,
  asked: AskedTopics,
  context: RequestContext,
): { topics: NonNullable<FetchInput['topics']>; refused: FetchResponseGroup['topics'] } {
  const byId = context.apiVersion >= topicIdsSince;
  const topics: NonNullable<FetchInput['topics']>[number][] = [];
  const refused: FetchResponseGroup['topics'][number][] = [];
  for (const { name, topicId, partitionIndexes: partitions } of asked) {
    const { image } = coordinator;
    const topic = byId ? image.topics.getById(topicId) : image.topics.get(name);
    const known = byId ? topic?.name : name;
    if (known === undefined) refused.push(failedTopic({ name, topicId, partitions }, ErrorCode.UNKNOWN_TOPIC_ID));
    else if (!mayOnTopic(authorizer, context, { operation: 'DESCRIBE', topic: known })) {
      refused.push(failedTopic({ name, topicId, partitions }, ErrorCode.TOPIC_AUTHORIZATION_FAILED));
    } else topics.push({ name: known, topicId: topic?.id ?? zeroUuid, partitions });
  }
  return { topics, refused };
}

/** Of "all topics", those that the principal may not see are left out. */
function withoutHidden(
  { authorizer }: GroupDeps,
  response: FetchResponseGroup,
  context: RequestContext,
): FetchResponseGroup {
  if (authorizer.allowsAll) return response;
  const topics = response.topics.filter(({ name }) => {
    return mayOnTopic(authorizer, context, { operation: 'DESCRIBE', topic: name });
  });
  return { ...response, topics };
}

function failedTopic(
  { name, topicId, partitions }: { name: string; topicId: string; partitions: readonly number[] },
  errorCode: ErrorCode,
): FetchResponseGroup['topics'][number] {
  return {
    name,
    topicId,
    partitions: partitions.map((partitionIndex) => {
      return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
    }),
  };
}

function failedTopics({ topics }: FetchGroup, error: ErrorCode): FetchResponseGroup['topics'] {
  return (topics ?? []).map(({ name, topicId, partitionIndexes }) => {
    return failedTopic({ name, topicId, partitions: partitionIndexes }, error);
  });
}
