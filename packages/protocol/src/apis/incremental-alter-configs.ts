import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int8, string } from '../schema/field.ts';

/** Sets, deletes, appends to or subtracts from single configuration values (KIP-339). */
// v1  flexible encoding
export const IncrementalAlterConfigs = api('IncrementalAlterConfigs', {
  key: 44,
  versions: [0, 1],
  flexibleSince: 1,

  request: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        configOperation: int8(),
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
