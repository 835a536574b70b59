import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string } from '../schema/field.ts';

/** Lists the transactions this broker coordinates (KIP-664). */
// v1  filter by duration (KIP-994)
// v2  filter by a pattern for the transactional id (KIP-1152)
export const ListTransactions = api('ListTransactions', {
  key: 66,
  versions: [0, 2],
  flexibleSince: 0,

  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ since: 1, default: -1 }),
    transactionalIdPattern: string({ since: 2, nullable: true, default: null }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    }),
  },
});
