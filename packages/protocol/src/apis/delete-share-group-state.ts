import { api } from '../schema/api.ts';
import { array, int16, int32, string, uuid } from '../schema/field.ts';

/** Deletes the persistent state of share partitions (KIP-932). */
export const DeleteShareGroupState = api('DeleteShareGroupState', {
  key: 86,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    groupId: string(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partition: int32(),
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
