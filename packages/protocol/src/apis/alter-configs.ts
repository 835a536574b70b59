import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int8, string } from '../schema/field.ts';

/** Replaces whole configurations. IncrementalAlterConfigs is its successor. */
// v2  flexible encoding
export const AlterConfigs = api('AlterConfigs', {
  key: 33,
  versions: [0, 2],
  flexibleSince: 2,

  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: true }),
      }),
    }),
    validateOnly: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    responses: array({
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
});
