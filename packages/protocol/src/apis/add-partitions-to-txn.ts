import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, string } from '../schema/field.ts';

const topic = {
  name: string(),
  partitions: array(int32()),
};

const partitionResult = {
  partitionIndex: int32(),
  partitionErrorCode: int16(),
};

const topicResult = {
  name: string(),
  resultsByPartition: array(partitionResult),
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
        topics: array(topic),
      },
      { since: 4 },
    ),
    v3AndBelowTransactionalId: string({ until: 3 }),
    v3AndBelowProducerId: int64({ until: 3 }),
    v3AndBelowProducerEpoch: int16({ until: 3 }),
    v3AndBelowTopics: array(topic, { until: 3 }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 4 }),
    resultsByTransaction: array(
      {
        transactionalId: string(),
        topicResults: array(topicResult),
      },
      { since: 4 },
    ),
    resultsByTopicV3AndBelow: array(topicResult, { until: 3 }),
  },
});
