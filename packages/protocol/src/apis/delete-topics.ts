import { api } from '../schema/api.ts';
import { array, int16, int32, string, uuid } from '../schema/field.ts';

/** Deletes topics. */
// v4  flexible encoding
// v5  an error message; THROTTLING_QUOTA_EXCEEDED may come back (KIP-599)
// v6  by topic id as well (KIP-516)
export const DeleteTopics = api('DeleteTopics', {
  key: 20,
  versions: [1, 6],
  flexibleSince: 4,

  request: {
    topics: array(
      {
        name: string({ nullable: true, default: null }),
        topicId: uuid(),
      },
      { since: 6 },
    ),
    topicNames: array(string(), { until: 5, ignorable: true }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: array({
      name: string({ nullableSince: 6 }),
      topicId: uuid({ since: 6 }),
      errorCode: int16(),
      errorMessage: string({ since: 5, nullable: true, default: null }),
    }),
  },
});
