import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, string } from '../schema/field.ts';

/** Adds partitions to topics. */
// v2  flexible encoding
// v3  THROTTLING_QUOTA_EXCEEDED may come back (KIP-599)
export const CreatePartitions = api('CreatePartitions', {
  key: 37,
  versions: [0, 3],
  flexibleSince: 2,

  request: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: array(
        {
          brokerIds: array(int32()),
        },
        { nullable: true },
      ),
    }),
    timeoutMs: int32(),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: true, default: null }),
    }),
  },
});
