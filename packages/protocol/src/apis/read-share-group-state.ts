import { api } from '../schema/api.ts';
import { array, int16, int32, int64, int8, string, uuid } from '../schema/field.ts';

/** Reads the persistent state of share partitions (KIP-932). */
export const ReadShareGroupState = api('ReadShareGroupState', {
  key: 84,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
        leaderEpoch: int32(),
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
        stateEpoch: int32(),
        startOffset: int64(),
        stateBatches: array({
          firstOffset: int64(),
          lastOffset: int64(),
          deliveryState: int8(),
          deliveryCount: int16(),
        }),
      }),
    }),
  },
});
