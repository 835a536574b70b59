import { api } from '../schema/api.ts';
import { int16, int32, string, uuid } from '../schema/field.ts';

/** Removes a voter from the metadata quorum (KIP-853). */
export const RemoveRaftVoter = api('RemoveRaftVoter', {
  key: 81,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    clusterId: string({ nullable: true }),
    voterId: int32(),
    voterDirectoryId: uuid(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
  },
});
