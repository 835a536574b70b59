import { api } from '../schema/api.ts';
import { array, bytes, int16, int32, int8, string } from '../schema/field.ts';

/** Sets and removes SCRAM credentials; the client salts the password (KIP-554). */
export const AlterUserScramCredentials = api('AlterUserScramCredentials', {
  key: 51,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    deletions: array({
      name: string(),
      mechanism: int8(),
    }),
    upsertions: array({
      name: string(),
      mechanism: int8(),
      iterations: int32(),
      salt: bytes(),
      saltedPassword: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
    }),
  },
});
