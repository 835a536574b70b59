import { api } from '../schema/api.ts';
import { array, int16, int32, int8, string } from '../schema/field.ts';

/** Finds the broker that coordinates a group, a transactional id or a share partition. */
// v1  transactional ids too; throttle time
// v3  flexible encoding
// v4  several keys at once (KIP-699)
// v5  TRANSACTION_ABORTABLE may come back (KIP-890)
// v6  share coordinators (KIP-932)
export const FindCoordinator = api('FindCoordinator', {
  key: 10,
  versions: [0, 6],
  flexibleSince: 3,

  request: {
    key: string({ until: 3 }),
    keyType: int8({ since: 1, default: 0 }),
    coordinatorKeys: array(string(), { since: 4 }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16({ until: 3 }),
    errorMessage: string({ since: 1, until: 3, nullable: true }),
    nodeId: int32({ until: 3 }),
    host: string({ until: 3 }),
    port: int32({ until: 3 }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: true }),
      },
      { since: 4 },
    ),
  },
});
