/**
 * Records of __transaction_state: one transactional id, its producer and the state of its transaction (KIP-98,
 * KIP-890). A key is its record type and the fields, a value an int16 version and the fields.
 */
import { array, int16, int32, int64, int8, string } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const TransactionLogKey = data('TransactionLogKey', {
  recordType: 0,
  versions: [0, 0],
  fields: {
    transactionalId: string(),
  },
});

export const TransactionLogValue = data('TransactionLogValue', {
  recordType: 0,
  versions: [0, 1],
  flexibleSince: 1,
  fields: {
    producerId: int64(),
    previousProducerId: int64({ since: 1, default: -1, tag: 0 }),
    nextProducerId: int64({ since: 1, default: -1, tag: 1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ since: 1, default: -1, tag: 3 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: array(
      {
        topic: string(),
        partitionIds: array(int32()),
      },
      { nullable: true },
    ),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ since: 1, default: 0, tag: 2 }),
  },
});
