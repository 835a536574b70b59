import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, string, uuid } from '../schema/field.ts';

/** Reads the committed offsets of groups. */
// v2   null asks for every topic; an error for the whole group
// v3   throttle time
// v5   leader epoch (KIP-320)
// v6   flexible encoding
// v7   waits for open transactions if asked to (KIP-447)
// v8   several groups at once (KIP-709)
// v9   member id and epoch (KIP-848)
// v10  topic ids replace topic names (KIP-848)
export const OffsetFetch = api('OffsetFetch', {
  key: 9,
  versions: [1, 10],
  flexibleSince: 6,

  request: {
    groupId: string({ until: 7 }),
    topics: array(
      {
        name: string(),
        partitionIndexes: array(int32()),
      },
      { until: 7, nullableSince: 2 },
    ),
    groups: array(
      {
        groupId: string(),
        memberId: string({ since: 9, nullable: true, default: null, ignorable: true }),
        memberEpoch: int32({ since: 9, default: -1, ignorable: true }),
        topics: array(
          {
            name: string({ until: 9, ignorable: true }),
            topicId: uuid({ since: 10, ignorable: true }),
            partitionIndexes: array(int32()),
          },
          { nullable: true },
        ),
      },
      { since: 8 },
    ),
    requireStable: boolean({ since: 7, default: false }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ since: 5, default: -1 }),
          metadata: string({ nullable: true }),
          errorCode: int16(),
        }),
      },
      { until: 7 },
    ),
    errorCode: int16({ since: 2, until: 7, default: 0 }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ until: 9 }),
          topicId: uuid({ since: 10 }),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: int64(),
            committedLeaderEpoch: int32({ default: -1 }),
            metadata: string({ nullable: true }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16({ default: 0 }),
      },
      { since: 8 },
    ),
  },
});
