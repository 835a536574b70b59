import { api } from '../schema/api.ts';
import { array, int16, int32, string } from '../schema/field.ts';

/** Lists the groups this broker coordinates. */
// v1  throttle time
// v3  flexible encoding
// v4  filter by state (KIP-518)
// v5  filter by type (KIP-848)
export const ListGroups = api('ListGroups', {
  key: 16,
  versions: [0, 5],
  flexibleSince: 3,

  request: {
    statesFilter: array(string(), { since: 4 }),
    typesFilter: array(string(), { since: 5 }),
  },
  response: {
    throttleTimeMs: int32({ since: 1, default: 0 }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ since: 4 }),
      groupType: string({ since: 5 }),
    }),
  },
});
