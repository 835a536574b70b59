import { api } from '../schema/api.ts';
import { array, boolean, bytes, int16, int32, string } from '../schema/field.ts';

/** Joins a classic group and waits for the rebalance. */
// v1  a timeout for the rebalance of its own
// v2  throttle time
// v4  a new member first gets an id with MEMBER_ID_REQUIRED (KIP-394)
// v5  group instance id (KIP-345)
// v6  flexible encoding
// v7  protocol type in the response (KIP-559)
// v8  why the member joins (KIP-800)
// v9  a static leader may be told to skip the assignment (KIP-814)
export const JoinGroup = api('JoinGroup', {
  key: 11,
  versions: [0, 9],
  flexibleSince: 6,

  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ since: 1, default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: string({ since: 5, nullable: true, default: null }),
    protocolType: string(),
    protocols: array({
      name: string(),
      metadata: bytes(),
    }),
    reason: string({ since: 8, nullable: true, default: null, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ since: 2, default: 0 }),
    errorCode: int16(),
    generationId: int32({ default: -1 }),
    protocolType: string({ since: 7, nullable: true, default: null }),
    protocolName: string({ nullableSince: 7 }),
    leader: string(),
    skipAssignment: boolean({ since: 9, default: false }),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: string({ since: 5, nullable: true, default: null }),
      metadata: bytes(),
    }),
  },
});
