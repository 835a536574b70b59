import { api } from '../schema/api.ts';
import { array, boolean, bytes, int16, int32, string } from '../schema/field.ts';

/** Describes classic groups and their members. */
// v1  throttle time
// v3  authorized operations
// v4  group instance id (KIP-345)
// v5  flexible encoding
// v6  GROUP_ID_NOT_FOUND with a message instead of a dead group (KIP-1043)
export const DescribeGroups = api('DescribeGroups', {
  key: 15,
  versions: [0, 6],
  flexibleSince: 5,

  request: {
    groups: array(string()),
    includeAuthorizedOperations: boolean({ since: 3 }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    groups: array({
      errorCode: int16(),
      errorMessage: string({ since: 6, nullable: true, default: null }),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: string({ since: 4, nullable: true, default: null }),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ since: 3, default: -2147483648 }),
    }),
  },
});
