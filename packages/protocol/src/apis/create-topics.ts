import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int8, string, uuid } from '../schema/field.ts';

/** Creates topics. */
// v4  -1 asks for the default partitions and replicas (KIP-464)
// v5  flexible encoding; the response describes what was made (KIP-525)
// v6  THROTTLING_QUOTA_EXCEEDED may come back (KIP-599)
// v7  topic id in the response (KIP-516)
export const CreateTopics = api('CreateTopics', {
  key: 19,
  versions: [2, 7],
  flexibleSince: 5,

  request: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({
        partitionIndex: int32(),
        brokerIds: array(int32()),
      }),
      configs: array({
        name: string(),
        value: string({ nullable: true }),
      }),
    }),
    timeoutMs: int32({ default: 60000 }),
    validateOnly: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      topicId: uuid({ since: 7 }),
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      topicConfigErrorCode: int16({ since: 5, tag: 0 }),
      numPartitions: int32({ since: 5, default: -1 }),
      replicationFactor: int16({ since: 5, default: -1 }),
      configs: array(
        {
          name: string(),
          value: string({ nullable: true }),
          readOnly: boolean(),
          configSource: int8({ default: -1 }),
          isSensitive: boolean(),
        },
        { since: 5, nullable: true },
      ),
    }),
  },
});
