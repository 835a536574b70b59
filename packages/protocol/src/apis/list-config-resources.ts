import { api } from '../schema/api.ts';
import { array, int16, int32, int8, string } from '../schema/field.ts';

/** Lists resources that can be configured (KIP-714). */
// v1  filter by type; not only client metrics (KIP-1142)
export const ListConfigResources = api('ListConfigResources', {
  key: 74,
  versions: [0, 1],
  flexibleSince: 0,

  request: {
    resourceTypes: array(int8(), { since: 1 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: int8({ since: 1, default: 16 }),
    }),
  },
});
