import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string, uuid } from '../schema/field.ts';

/** Reads the start offsets of share groups (KIP-932). */
// v1  lag (KIP-1226)
export const DescribeShareGroupOffsets = api('DescribeShareGroupOffsets', {
  key: 90,
  versions: [0, 1],
  flexibleSince: 0,

  request: {
    groups: array({
      groupId: string(),
      topics: array(
        {
          topicName: string(),
          partitions: array(int32()),
        },
        { nullable: true },
      ),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    groups: array({
      groupId: string(),
      topics: array({
        topicName: string(),
        topicId: uuid(),
        partitions: array({
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: int64({ since: 1, default: -1 }),
          errorCode: int16(),
          errorMessage: string({ nullable: true, default: null }),
        }),
      }),
      errorCode: int16(),
      errorMessage: string({ nullable: true, default: null }),
    }),
  },
});
