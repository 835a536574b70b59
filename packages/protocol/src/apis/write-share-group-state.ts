import { api } from '../schema/api.ts';
import { array, int16, int32, int64, int8, string, uuid } from '../schema/field.ts';

/** Writes the persistent state of share partitions (KIP-932). */
// v1  how many records are done (KIP-1226)
export const WriteShareGroupState = api('WriteShareGroupState', {
  key: 85,
  versions: [0, 1],
  flexibleSince: 0,

  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        stateEpoch: int32(),
        leaderEpoch: int32(),
        startOffset: int64(),
        deliveryCompleteCount: int32({ since: 1, default: -1, ignorable: true }),
        stateBatches: array({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  },
  response: {
    results: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: true, default: null }),
      }),
    }),
  },
});
