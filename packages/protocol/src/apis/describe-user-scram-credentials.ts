import { api } from '../schema/api.ts';
import { array, int16, int32, int8, string } from '../schema/field.ts';

/** Lists which SCRAM credentials users have (KIP-554). */
export const DescribeUserScramCredentials = api('DescribeUserScramCredentials', {
  key: 50,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    users: array(
      {
        name: string(),
      },
      { nullable: true },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      credentialInfos: array({
        mechanism: int8(),
        iterations: int32(),
      }),
    }),
  },
});
