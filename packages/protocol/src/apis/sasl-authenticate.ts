import { api } from '../schema/api.ts';
import { bytes, int16, int64, string } from '../schema/field.ts';

/** Carries one message of a SASL exchange each way. */
// v1  how long the session lasts (KIP-368)
// v2  flexible encoding
export const SaslAuthenticate = api('SaslAuthenticate', {
  key: 36,
  versions: [0, 2],
  flexibleSince: 2,

  request: {
    authBytes: bytes(),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ since: 1, default: 0 }),
  },
});
