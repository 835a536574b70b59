import { api } from '../schema/api.ts';
import { array, int16, int32, string } from '../schema/field.ts';

/** Takes members out of a classic group. */
// v1  throttle time
// v3  several members at once, by instance id too (KIP-345)
// v4  flexible encoding
// v5  why they leave (KIP-800)
export const LeaveGroup = api('LeaveGroup', {
  key: 13,
  versions: [0, 5],
  flexibleSince: 4,

  request: {
    groupId: string(),
    memberId: string({ until: 2 }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: true, default: null }),
        reason: string({ since: 5, nullable: true, default: null, ignorable: true }),
      },
      { since: 3 },
    ),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string({ nullable: true }),
        errorCode: int16(),
      },
      { since: 3 },
    ),
  },
});
