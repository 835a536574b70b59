import { api } from '../schema/api.ts';
import { array, int16, int32, int64, int8, uuid } from '../schema/field.ts';

/** A leader proposes new in-sync replicas to the controller (KIP-497). */
// v2  topic ids instead of names
// v3  in-sync replicas with their broker epochs (KIP-903)
export const AlterPartition = api('AlterPartition', {
  key: 56,
  versions: [2, 3],
  flexibleSince: 0,

  request: {
    brokerId: int32(),
    brokerEpoch: int64({ default: -1 }),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        leaderEpoch: int32(),
        newIsr: array(int32(), { until: 2 }),
        newIsrWithEpochs: array(
          {
            brokerId: int32(),
            brokerEpoch: int64({ default: -1 }),
          },
          { since: 3 },
        ),
        leaderRecoveryState: int8({ default: 0 }),
        partitionEpoch: int32(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    topics: array({
      topicId: uuid(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        isr: array(int32()),
        leaderRecoveryState: int8({ default: 0 }),
        partitionEpoch: int32(),
      }),
    }),
  },
});
