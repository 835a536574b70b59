import { api } from '../schema/api.ts';
import { array, int16, int32, int8, string } from '../schema/field.ts';

/** Adds access control entries. */
// v1  pattern types (KIP-290)
// v2  flexible encoding
// v3  users as resources (KIP-373)
export const CreateAcls = api('CreateAcls', {
  key: 30,
  versions: [1, 3],
  flexibleSince: 2,

  request: {
    creations: array({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ default: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: true }),
    }),
  },
});
