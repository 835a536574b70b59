/** LeaveGroup v0-5: one member, from v3 on several and by instance id too. */
import { handler } from '@tidelog/net';
import { ErrorCode, LeaveGroup, type RequestOf } from '@tidelog/protocol';
import type { LeaveResponse } from '../coordinator/group/core/classic/classic-membership.ts';
import { mayOnGroup } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

const manySince = 3;

export const leaveGroup = handler(
  LeaveGroup,
  [0, 5],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof LeaveGroup>, context) => {
    const { groupId, memberId } = request;
    const failed = (errorCode: ErrorCode): LeaveResponse => ({ errorCode, members: [] });
    if (!mayOnGroup(authorizer, context, { operation: 'READ', groupId })) {
      return failed(ErrorCode.GROUP_AUTHORIZATION_FAILED);
    }
    const isOne = context.apiVersion < manySince;
    const members = isOne ? [{ memberId, groupInstanceId: null, reason: null }] : request.members;
    const response = await coordinator.ask<LeaveResponse>(groupId, {
      input: (to) => ({ type: 'leave', groupId, members, to }),
      failed,
    });
    if (!isOne || response.errorCode !== ErrorCode.NONE) return response;
    return failed((response.members?.[0]?.errorCode ?? ErrorCode.NONE) as ErrorCode);
  },
);
