import { api } from '../schema/api.ts';
import { array, bytes, int16, int32, int64, string } from '../schema/field.ts';

/** Issues a delegation token. */
// v2  flexible encoding
// v3  on behalf of another owner (KIP-373)
export const CreateDelegationToken = api('CreateDelegationToken', {
  key: 38,
  versions: [1, 3],
  flexibleSince: 2,

  request: {
    ownerPrincipalType: string({ since: 3, nullable: true }),
    ownerPrincipalName: string({ since: 3, nullable: true }),
    renewers: array({
      principalType: string(),
      principalName: string(),
    }),
    maxLifetimeMs: int64(),
  },
  response: {
    errorCode: int16(),
    principalType: string(),
    principalName: string(),
    tokenRequesterPrincipalType: string({ since: 3 }),
    tokenRequesterPrincipalName: string({ since: 3 }),
    issueTimestampMs: int64(),
    expiryTimestampMs: int64(),
    maxTimestampMs: int64(),
    tokenId: string(),
    hmac: bytes(),
    throttleTimeMs: int32({ default: 0 }),
  },
});
