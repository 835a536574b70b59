import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, string, uint16, uuid } from '../schema/field.ts';

/** Adds a voter to the metadata quorum (KIP-853). */
// v1  may answer before the change is committed
export const AddRaftVoter = api('AddRaftVoter', {
  key: 80,
  versions: [0, 1],
  flexibleSince: 0,

  request: {
    clusterId: string({ nullable: true }),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({
      name: string(),
      host: string(),
      port: uint16(),
    }),
    ackWhenCommitted: boolean({ since: 1, default: true }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
  },
});
