import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string } from '../schema/field.ts';

/** Commits offsets of a group as part of a transaction. */
// v2  leader epoch (KIP-320)
// v3  flexible encoding; member, instance and generation (KIP-447)
// v4  TRANSACTION_ABORTABLE may come back (KIP-890)
// v5  adds the group to the transaction by itself (KIP-890)
export const TxnOffsetCommit = api('TxnOffsetCommit', {
  key: 28,
  versions: [0, 5],
  flexibleSince: 3,

  request: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32({ since: 3, default: -1 }),
    memberId: string({ since: 3, default: '' }),
    groupInstanceId: string({ since: 3, nullable: true, default: null }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ since: 2, default: -1, ignorable: true }),
        committedMetadata: string({ nullable: true }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
});
