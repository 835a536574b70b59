/** DeleteGroups v0-2: groups without members, and their offsets. */
import { handler } from '@tidelog/net';
import { DeleteGroups, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { mayOnGroup } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

export const deleteGroups = handler(
  DeleteGroups,
  [0, 2],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof DeleteGroups>, context) => {
    const results = await Promise.all(
      [...new Set(request.groupsNames)].map(async (groupId) => {
        const allowed = mayOnGroup(authorizer, context, { operation: 'DELETE', groupId });
        const errorCode = allowed
          ? await coordinator.ask<ErrorCode>(groupId, {
              input: (to) => ({ type: 'deleteGroup', groupId, to }),
              failed: (error) => error,
            })
          : ErrorCode.GROUP_AUTHORIZATION_FAILED;
        return { groupId, errorCode };
      }),
    );
    return { results };
  },
);
