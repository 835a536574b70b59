import { api } from '../schema/api.ts';
import { array, int16, int32, int64, records, string, struct, uuid } from '../schema/field.ts';

/** Appends record batches to the partitions that this broker leads. */
// v3   transactional id; batches of magic 2 only
// v4   KAFKA_STORAGE_ERROR may come back
// v5   log start offset in the response
// v7   zstd is accepted
// v8   which records of a batch were refused, and why (KIP-467)
// v9   flexible encoding
// v10  the current leader and its address with NOT_LEADER_OR_FOLLOWER (KIP-951)
// v11  TRANSACTION_ABORTABLE may come back (KIP-890)
// v12  adds the partition to the transaction by itself (KIP-890)
// v13  topic ids replace topic names (KIP-516)
export const Produce = api('Produce', {
  key: 0,
  versions: [3, 13],
  flexibleSince: 9,

  request: {
    transactionalId: string({ nullable: true, default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitionData: array({
        index: int32(),
        records: records({ nullable: true }),
      }),
    }),
  },
  response: {
    responses: array({
      name: string({ until: 12 }),
      topicId: uuid({ since: 13 }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1 }),
        logStartOffset: int64({ since: 5, default: -1 }),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: string({ nullable: true, default: null }),
          },
          { since: 8 },
        ),
        errorMessage: string({ since: 8, nullable: true, default: null }),
        currentLeader: struct(
          {
            leaderId: int32({ default: -1 }),
            leaderEpoch: int32({ default: -1 }),
          },
          { since: 10, tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32({ default: 0 }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: true, default: null }),
      },
      { since: 10, tag: 0 },
    ),
  },
});
