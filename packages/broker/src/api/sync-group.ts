/** SyncGroup v0-5: the leader hands in the assignment, everybody gets a part; held until that is committed. */
import { handler } from '@tidelog/net';
import { ErrorCode, SyncGroup, type RequestOf } from '@tidelog/protocol';
import { syncError, type SyncResponse } from '../coordinator/group/core/classic/classic-responses.ts';
import { mayOnGroup } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

export const syncGroup = handler(
  SyncGroup,
  [0, 5],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof SyncGroup>, context) => {
    const { groupId } = request;
    if (!mayOnGroup(authorizer, context, { operation: 'READ', groupId })) {
      return syncError(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    return coordinator.ask<SyncResponse>(groupId, {
      input: (to) => ({ type: 'sync', request, to }),
      failed: syncError,
    });
  },
);
