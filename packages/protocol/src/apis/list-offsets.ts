import { api } from '../schema/api.ts';
import { array, int16, int32, int64, int8, string } from '../schema/field.ts';

/** Finds offsets by timestamp, the first and last ones among them. */
// v1   one offset and its timestamp per partition
// v2   isolation level
// v4   leader epochs (KIP-320)
// v5   OFFSET_NOT_AVAILABLE right after an election (KIP-207)
// v6   flexible encoding
// v7   timestamp -3: the record with the largest timestamp (KIP-734)
// v8   timestamp -4: the first offset on local disk (KIP-405)
// v9   timestamp -5: the last offset in tiered storage (KIP-1005)
// v10  how long a look-up in tiered storage may take (KIP-1075)
// v11  timestamp -6: the first offset not yet tiered (KIP-1023)
export const ListOffsets = api('ListOffsets', {
  key: 2,
  versions: [1, 11],
  flexibleSince: 6,

  request: {
    replicaId: int32(),
    isolationLevel: int8({ since: 2 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        currentLeaderEpoch: int32({ since: 4, default: -1, ignorable: true }),
        timestamp: int64(),
      }),
    }),
    timeoutMs: int32({ since: 10, ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ since: 2, default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        timestamp: int64({ default: -1 }),
        offset: int64({ default: -1 }),
        leaderEpoch: int32({ since: 4, default: -1 }),
      }),
    }),
  },
});
