import { api } from '../schema/api.ts';
import { int16, int32, int64, string } from '../schema/field.ts';

/** Adds a group's offsets to a transaction. */
// v2  PRODUCER_FENCED may come back (KIP-588)
// v3  flexible encoding
// v4  TRANSACTION_ABORTABLE may come back (KIP-890)
export const AddOffsetsToTxn = api('AddOffsetsToTxn', {
  key: 25,
  versions: [0, 4],
  flexibleSince: 3,

  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
  },
});
