/** Heartbeat v0-4: a classic member is alive, and hears of a rebalance. */
import { handler } from '@tidelog/net';
import { ErrorCode, Heartbeat, type RequestOf } from '@tidelog/protocol';
import { mayOnGroup } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

export const heartbeat = handler(
  Heartbeat,
  [0, 4],
  ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof Heartbeat>, context) => {
    const { groupId } = request;
    if (!mayOnGroup(authorizer, context, { operation: 'READ', groupId })) {
      return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED };
    }
    return coordinator.ask<{ errorCode: ErrorCode }>(groupId, {
      input: (to) => ({ type: 'heartbeat', request, to }),
      // A shard that is loading has nothing against the member: it beats again, and does not rejoin.
      failed: (errorCode) => ({
        errorCode: errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : errorCode,
      }),
    });
  },
);
