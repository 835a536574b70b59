import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string } from '../schema/field.ts';

/** Deletes the records of partitions below an offset; -1 is the high watermark. */
// v2  flexible encoding
export const DeleteRecords = api('DeleteRecords', {
  key: 21,
  versions: [0, 2],
  flexibleSince: 2,

  request: {
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        offset: int64(),
      }),
    }),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        lowWatermark: int64(),
        errorCode: int16(),
      }),
    }),
  },
});
