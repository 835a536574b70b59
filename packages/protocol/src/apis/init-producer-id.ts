import { api } from '../schema/api.ts';
import { boolean, int16, int32, int64, string } from '../schema/field.ts';

/** Gives a producer its id and epoch, and fences its predecessor. */
// v2  flexible encoding
// v3  a producer names its id and epoch to recover (KIP-360)
// v4  PRODUCER_FENCED may come back (KIP-588)
// v5  TRANSACTION_ABORTABLE may come back (KIP-890)
// v6  not stable yet: two-phase commit (KIP-939)
export const InitProducerId = api('InitProducerId', {
  key: 22,
  versions: [0, 6],
  flexibleSince: 2,
  latestStable: 5,
  request: {
    transactionalId: string({ nullable: true }),
    transactionTimeoutMs: int32(),
    producerId: int64({ since: 3, default: -1 }),
    producerEpoch: int16({ since: 3, default: -1 }),
    enable2Pc: boolean({ since: 6, default: false }),
    keepPreparedTxn: boolean({ since: 6, default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ since: 6, default: -1 }),
    ongoingTxnProducerEpoch: int16({ since: 6, default: -1 }),
  },
});
