import { api } from '../schema/api.ts';
import { array, int16, int32, string } from '../schema/field.ts';

/** Deletes empty groups and their offsets. */
// v1  throttle time
// v2  flexible encoding
export const DeleteGroups = api('DeleteGroups', {
  key: 42,
  versions: [0, 2],
  flexibleSince: 2,

  request: {
    groupsNames: array(string()),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      groupId: string(),
      errorCode: int16(),
    }),
  },
});
