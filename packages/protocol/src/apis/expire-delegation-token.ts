import { api } from '../schema/api.ts';
import { bytes, int16, int32, int64 } from '../schema/field.ts';

/** Ends the life of a delegation token. */
// v2  flexible encoding
export const ExpireDelegationToken = api('ExpireDelegationToken', {
  key: 40,
  versions: [1, 2],
  flexibleSince: 2,

  request: {
    hmac: bytes(),
    expiryTimePeriodMs: int64(),
  },
  response: {
    errorCode: int16(),
    expiryTimestampMs: int64(),
    throttleTimeMs: int32({ default: 0 }),
  },
});
