import { api } from '../schema/api.ts';
import { int16, int32, string } from '../schema/field.ts';

/** Removes the registration of a broker that is gone (KIP-631). */
export const UnregisterBroker = api('UnregisterBroker', {
  key: 64,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    brokerId: int32(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
  },
});
