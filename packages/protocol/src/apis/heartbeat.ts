import { api } from '../schema/api.ts';
import { int16, int32, string } from '../schema/field.ts';

/** Keeps a member of a classic group alive. */
// v1  throttle time
// v3  group instance id (KIP-345)
// v4  flexible encoding
export const Heartbeat = api('Heartbeat', {
  key: 12,
  versions: [0, 4],
  flexibleSince: 4,

  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ since: 3, nullable: true, default: null }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
  },
});
