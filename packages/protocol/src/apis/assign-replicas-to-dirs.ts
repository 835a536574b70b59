import { api } from '../schema/api.ts';
import { array, int16, int32, int64, uuid } from '../schema/field.ts';

/** A broker tells the controller which log directory holds which replica (KIP-858). */
export const AssignReplicasToDirs = api('AssignReplicasToDirs', {
  key: 73,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    directories: array({
      id: uuid(),
      topics: array({
        topicId: uuid(),
        partitions: array({
          partitionIndex: int32(),
        }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    directories: array({
      id: uuid(),
      topics: array({
        topicId: uuid(),
        partitions: array({
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  },
});
