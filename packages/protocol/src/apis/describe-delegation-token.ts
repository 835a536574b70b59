import { api } from '../schema/api.ts';
import { array, bytes, int16, int32, int64, string } from '../schema/field.ts';

/** Lists delegation tokens by owner. */
// v2  flexible encoding
// v3  who asked for the token (KIP-373)
export const DescribeDelegationToken = api('DescribeDelegationToken', {
  key: 41,
  versions: [1, 3],
  flexibleSince: 2,

  request: {
    owners: array(
      {
        principalType: string(),
        principalName: string(),
      },
      { nullable: true },
    ),
  },
  response: {
    errorCode: int16(),
    tokens: array({
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string({ since: 3 }),
      tokenRequesterPrincipalName: string({ since: 3 }),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: array({
        principalType: string(),
        principalName: string(),
      }),
    }),
    throttleTimeMs: int32({ default: 0 }),
  },
});
