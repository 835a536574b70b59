import { api } from '../schema/api.ts';
import { array, boolean, float64, int16, int32, int8, string } from '../schema/field.ts';

/** Lists the quotas that match a filter (KIP-546). */
// v1  flexible encoding
export const DescribeClientQuotas = api('DescribeClientQuotas', {
  key: 48,
  versions: [0, 1],
  flexibleSince: 1,

  request: {
    components: array({
      entityType: string(),
      matchType: int8(),
      match: string({ nullable: true }),
    }),
    strict: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    entries: array(
      {
        entity: array({
          entityType: string(),
          entityName: string({ nullable: true }),
        }),
        values: array({
          key: string(),
          value: float64(),
        }),
      },
      { nullable: true },
    ),
  },
});
