import { api } from '../schema/api.ts';
import { array, int16, int32, string, uuid } from '../schema/field.ts';

/** Forgets the start offsets of an empty share group (KIP-932). */
export const DeleteShareGroupOffsets = api('DeleteShareGroupOffsets', {
  key: 92,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    groupId: string(),
    topics: array({
      topicName: string(),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true, default: null }),
    responses: array({
      topicName: string(),
      topicId: uuid(),
      errorCode: int16(),
      errorMessage: string({ nullable: true, default: null }),
    }),
  },
});
