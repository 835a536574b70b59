import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string } from '../schema/field.ts';

/** Finds where the log of a leader epoch ends. */
// v2  the leader epoch fences (KIP-320)
// v3  who asks: a replica, or -2 for a consumer that debugs
// v4  flexible encoding
export const OffsetForLeaderEpoch = api('OffsetForLeaderEpoch', {
  key: 23,
  versions: [2, 4],
  flexibleSince: 4,

  request: {
    replicaId: int32({ since: 3, default: -2, ignorable: true }),
    topics: array({
      topic: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ default: -1 }),
        leaderEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      topic: string(),
      partitions: array({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ default: -1 }),
        endOffset: int64({ default: -1 }),
      }),
    }),
  },
});
