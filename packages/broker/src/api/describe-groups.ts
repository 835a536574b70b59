/** DescribeGroups v0-6: classic groups and their members. Until v5 a group that is not there is one that is Dead. */
import { handler } from '@tidelog/net';
import { DescribeGroups, ErrorCode, type RequestOf } from '@tidelog/protocol';
import type { DescribedGroup } from '../coordinator/group/core/group-views.ts';
import { groupOperationBits, mayOnGroup, notAsked } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

const notFoundSince = 6;

export const describeGroups = handler(
  DescribeGroups,
  [0, 6],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof DescribeGroups>, context) => {
    const groups = await Promise.all(
      request.groups.map(async (groupId): Promise<DescribedGroup> => {
        if (!mayOnGroup(authorizer, context, { operation: 'DESCRIBE', groupId })) {
          return failed(groupId, ErrorCode.GROUP_AUTHORIZATION_FAILED);
        }
        const described = await coordinator.ask<DescribedGroup>(groupId, {
          input: (to) => ({ type: 'describeClassic', groupId, to }),
          failed: (error) => failed(groupId, error),
        });
        const isMissing = described.errorCode === ErrorCode.GROUP_ID_NOT_FOUND && context.apiVersion < notFoundSince;
        const authorizedOperations = request.includeAuthorizedOperations
          ? groupOperationBits(authorizer, context, groupId)
          : notAsked;
        return { ...described, authorizedOperations, ...(isMissing && { errorCode: ErrorCode.NONE }) };
      }),
    );
    return { groups };
  },
);

function failed(groupId: string, errorCode: ErrorCode): DescribedGroup {
  return { errorCode, groupId, groupState: '', protocolType: '', protocolData: '', members: [] };
}
