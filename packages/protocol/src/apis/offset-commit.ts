import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string, uuid } from '../schema/field.ts';

/** Stores how far a group has read. */
// v3   throttle time
// v5   the time to keep an offset is no longer the client's to say (KIP-211)
// v6   leader epoch (KIP-320)
// v7   group instance id (KIP-345)
// v8   flexible encoding
// v9   members of the consumer protocol may commit (KIP-848)
// v10  topic ids replace topic names (KIP-848)
export const OffsetCommit = api('OffsetCommit', {
  key: 8,
  versions: [2, 10],
  flexibleSince: 8,

  request: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ default: -1 }),
    memberId: string(),
    groupInstanceId: string({ since: 7, nullable: true, default: null }),
    retentionTimeMs: int64({ until: 4, default: -1, ignorable: true }),
    topics: array({
      name: string({ until: 9, ignorable: true }),
      topicId: uuid({ since: 10, ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ since: 6, default: -1, ignorable: true }),
        committedMetadata: string({ nullable: true }),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    topics: array({
      name: string({ until: 9 }),
      topicId: uuid({ since: 10 }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
      }),
    }),
  },
});
