import { api } from '../schema/api.ts';
import { array, bytes, int16, int32, string } from '../schema/field.ts';

/** Hands in the leader's assignment and gives each member its own. */
// v1  throttle time
// v3  group instance id (KIP-345)
// v4  flexible encoding
// v5  protocol type and name are compared (KIP-559)
export const SyncGroup = api('SyncGroup', {
  key: 14,
  versions: [0, 5],
  flexibleSince: 4,

  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ since: 3, nullable: true, default: null }),
    protocolType: string({ since: 5, nullable: true, default: null, ignorable: true }),
    protocolName: string({ since: 5, nullable: true, default: null, ignorable: true }),
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    protocolType: string({ since: 5, nullable: true, default: null }),
    protocolName: string({ since: 5, nullable: true, default: null }),
    assignment: bytes(),
  },
});
