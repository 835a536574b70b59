/** ConsumerGroupDescribe v0-1 (KIP-848): epochs, members, assignments and targets. */
import { handler } from '@tidelog/net';
import { ConsumerGroupDescribe, ErrorCode, type RequestOf } from '@tidelog/protocol';
import type { DescribedConsumerGroup } from '../coordinator/group/core/consumer/consumer-groups.ts';
import { groupOperationBits, mayOnGroup, notAsked } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

export const consumerGroupDescribe = handler(
  ConsumerGroupDescribe,
  [0, 1],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof ConsumerGroupDescribe>, context) => {
    const groups = await Promise.all(
      request.groupIds.map(async (groupId): Promise<DescribedConsumerGroup> => {
        if (!mayOnGroup(authorizer, context, { operation: 'DESCRIBE', groupId })) {
          return failed(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED);
        }
        const described = await coordinator.ask<DescribedConsumerGroup>(groupId, {
          input: (to) => ({ type: 'describeConsumer', groupId, to }),
          failed: (error) => failed(groupId, error),
        });
        const asked = request.includeAuthorizedOperations;
        const authorizedOperations = asked ? groupOperationBits(authorizer, context, groupId) : notAsked;
        return { ...described, authorizedOperations };
      }),
    );
    return { groups };
  },
);

function failed(groupId: string, errorCode: ErrorCode): DescribedConsumerGroup {
  const nothing = { groupState: '', groupEpoch: 0, assignmentEpoch: 0, assignorName: '', members: [] };
  return { errorCode, groupId, ...nothing };
}
