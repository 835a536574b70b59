/**
 * JoinGroup v0-9: the response is held until the rebalance is through. New members first get an id from v4 on
 * (MEMBER_ID_REQUIRED).
 */
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, JoinGroup, type RequestOf } from '@tidelog/protocol';
import type { ClientIdentity } from '../coordinator/group/core/classic/classic-join.ts';
import { joinError, type JoinResponse } from '../coordinator/group/core/classic/classic-responses.ts';
import { mayOnGroup } from './group-authorization.ts';
import type { GroupDeps } from './group-handlers.ts';

const nullableNameSince = 7;
const instanceIdSince = 5;

export const joinGroup = handler(
  JoinGroup,
  [0, 9],
  async ({ coordinator, authorizer }: GroupDeps, request: RequestOf<typeof JoinGroup>, context) => {
    const { groupId, memberId } = request;
    const { apiVersion } = context;
    const failed = (error: ErrorCode): JoinResponse => joinError(error, memberId);
    if (!mayOnGroup(authorizer, context, { operation: 'READ', groupId })) {
      return fitted(failed(ErrorCode.GROUP_AUTHORIZATION_FAILED), apiVersion);
    }
    if (request.groupInstanceId !== null && apiVersion < instanceIdSince) {
      return fitted(failed(ErrorCode.UNSUPPORTED_VERSION), apiVersion);
    }
    const client = clientOf(context);
    const response = await coordinator.ask<JoinResponse>(groupId, {
      input: (to) => ({ type: 'join', request, client, apiVersion, uuid: coordinator.newUuid(), to }),
      failed,
    });
    return fitted(response, apiVersion);
  },
);

/** Who the client says it is, and where it is, in Kafka's form. */
export function clientOf({ clientId, remoteAddress }: RequestContext): ClientIdentity {
  return { clientId: clientId ?? '', clientHost: `/${remoteAddress}` };
}

/** Before v7 "no protocol" is an empty name. */
function fitted(response: JoinResponse, apiVersion: number): JoinResponse {
  return apiVersion >= nullableNameSince || response.protocolName !== null
    ? response
    : { ...response, protocolName: '' };
}
