import { api } from '../schema/api.ts';
import { array, int16, int32, string } from '../schema/field.ts';

/** Lists the moves of partitions that are going on (KIP-455). */
export const ListPartitionReassignments = api('ListPartitionReassignments', {
  key: 46,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    timeoutMs: int32({ default: 60000 }),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      { nullable: true, default: null },
    ),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      }),
    }),
  },
});
