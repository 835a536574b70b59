import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, int8, string } from '../schema/field.ts';

/** Writes the markers that end transactions into the partitions of their records. */
// v1  flexible encoding
// v2  transaction version per marker (KIP-1228)
export const WriteTxnMarkers = api('WriteTxnMarkers', {
  key: 27,
  versions: [1, 2],
  flexibleSince: 1,

  request: {
    markers: array({
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: boolean(),
      topics: array({
        name: string(),
        partitionIndexes: array(int32()),
      }),
      coordinatorEpoch: int32(),
      transactionVersion: int8({ since: 2, default: 0, ignorable: true }),
    }),
  },
  response: {
    markers: array({
      producerId: int64(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          errorCode: int16(),
        }),
      }),
    }),
  },
});
