/** OffsetDelete v0: forgets committed offsets of topics that the group does not read just now. */
import { handler } from '@tidelog/net';
import { ErrorCode, OffsetDelete, type RequestOf } from '@tidelog/protocol';
import type { OffsetDeleteResponse } from '../coordinator/group/core/offsets/offset-requests.ts';
import { mayOnGroup, mayOnTopic } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

export const offsetDelete = handler(
  OffsetDelete,
  [0, 0],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof OffsetDelete>, context) => {
    const { groupId } = request;
    const failed = (errorCode: ErrorCode): OffsetDeleteResponse => ({ errorCode, topics: [] });
    if (!mayOnGroup(authorizer, context, { operation: 'DELETE', groupId })) {
      return failed(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const may = (topic: string): boolean => mayOnTopic(authorizer, context, { operation: 'READ', topic });
    const allowed = { groupId, topics: request.topics.filter(({ name }) => may(name)) };
    const response = await coordinator.ask<OffsetDeleteResponse>(groupId, {
      input: (to) => ({ type: 'deleteOffsets', request: allowed, to }),
      failed,
    });
    if (response.errorCode !== ErrorCode.NONE) return response;
    const refused = request.topics.filter(({ name }) => !may(name));
    const errorCode = ErrorCode.TOPIC_AUTHORIZATION_FAILED;
    const denied = refused.map(({ name, partitions }) => {
      return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) };
    });
    return { ...response, topics: [...response.topics, ...denied] };
  },
);
