import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, string } from '../schema/field.ts';

const addPartitionsToTxnTopic = {
  name: string(),
  partitions: array(int32()),
};

const addPartitionsToTxnPartitionResult = {
  partitionIndex: int32(),
  partitionErrorCode: int16(),
};

const addPartitionsToTxnTopicResult = {
  name: string(),
  resultsByPartition: array(addPartitionsToTxnPartitionResult),
};

/** Adds partitions to a transaction, or verifies that they are in it. */
// v2  PRODUCER_FENCED may come back (KIP-588)
// v3  flexible encoding
// v4  from brokers only: several transactions, verification (KIP-890)
// v5  TRANSACTION_ABORTABLE may come back (KIP-890)
export const AddPartitionsToTxn = api('AddPartitionsToTxn', {
  key: 24,
  versions: [0, 5],
  flexibleSince: 3,

  request: {
    transactions: array(
      {
        transactionalId: string(),
        producerId: int64(),
        producerEpoch: int16(),
        verifyOnly: boolean({ default: false }),
        topics: array(addPartitionsToTxnTopic),
      },
      { since: 4 },
    ),
    v3AndBelowTransactionalId: string({ until: 3 }),
    v3AndBelowProducerId: int64({ until: 3 }),
    v3AndBelowProducerEpoch: int16({ until: 3 }),
    v3AndBelowTopics: array(addPartitionsToTxnTopic, { until: 3 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 4 }),
    resultsByTransaction: array(
      {
        transactionalId: string(),
        topicResults: array(addPartitionsToTxnTopicResult),
      },
      { since: 4 },
    ),
    resultsByTopicV3AndBelow: array(addPartitionsToTxnTopicResult, { until: 3 }),
  },
});
