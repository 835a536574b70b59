import { api } from '../schema/api.ts';
import { array, int16, int32, string } from '../schema/field.ts';

/** Deletes committed offsets of single partitions (KIP-496). Never flexible. */
export const OffsetDelete = api('OffsetDelete', {
  key: 47,
  versions: [0, 0],

  request: {
    groupId: string(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
});
