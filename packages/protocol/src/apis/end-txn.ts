import { api } from '../schema/api.ts';
import { boolean, int16, int32, int64, string } from '../schema/field.ts';

/** Commits or aborts a transaction. */
// v2  PRODUCER_FENCED may come back (KIP-588)
// v3  flexible encoding
// v4  TRANSACTION_ABORTABLE may come back (KIP-890)
// v5  the response carries the next producer id and epoch (KIP-890)
export const EndTxn = api('EndTxn', {
  key: 26,
  versions: [0, 5],
  flexibleSince: 3,

  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: boolean(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ since: 5, default: -1 }),
    producerEpoch: int16({ since: 5, default: -1 }),
  },
});
