import { api } from '../schema/api.ts';
import { array, boolean, float64, int16, int32, string } from '../schema/field.ts';

/** Sets and removes quotas (KIP-546). */
// v1  flexible encoding
export const AlterClientQuotas = api('AlterClientQuotas', {
  key: 49,
  versions: [0, 1],
  flexibleSince: 1,

  request: {
    entries: array({
      entity: array({
        entityType: string(),
        entityName: string({ nullable: true }),
      }),
      ops: array({
        key: string(),
        value: float64(),
        remove: boolean(),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    entries: array({
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      entity: array({
        entityType: string(),
        entityName: string({ nullable: true }),
      }),
    }),
  },
});
