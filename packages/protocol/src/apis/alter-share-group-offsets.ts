import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string, uuid } from '../schema/field.ts';

/** Sets the start offsets of an empty share group (KIP-932). */
export const AlterShareGroupOffsets = api('AlterShareGroupOffsets', {
  key: 91,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    groupId: string(),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        startOffset: int64(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true, default: null }),
    responses: array({
      topicName: string(),
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: true, default: null }),
      }),
    }),
  },
});
