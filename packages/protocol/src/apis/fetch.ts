import { api } from '../schema/api.ts';
import { array, int16, int32, int64, int8, records, string, struct, uuid } from '../schema/field.ts';

/** Reads record batches: for consumers, for followers and for the replicas of the metadata log. */
// v4   isolation level, last stable offset and aborted transactions
// v5   log start offset
// v7   fetch sessions: only what changed is named (KIP-227)
// v9   the leader epoch fences (KIP-320)
// v10  zstd may come back
// v11  rack of the client and the replica it should rather read from (KIP-392)
// v12  flexible encoding; diverging epoch and current leader (KIP-595)
// v13  topic ids replace topic names (KIP-516)
// v14  OFFSET_MOVED_TO_TIERED_STORAGE may come back (KIP-405)
// v15  the replica names its broker epoch too (KIP-903)
// v16  addresses of new leaders (KIP-951)
// v17  directory id of a replica of the metadata log (KIP-853)
// v18  a follower tells its high watermark (KIP-1166)
export const Fetch = api('Fetch', {
  key: 1,
  versions: [4, 18],
  flexibleSince: 12,

  request: {
    clusterId: string({ since: 12, nullable: true, default: null, tag: 0, ignorable: true }),
    replicaId: int32({ until: 14, default: -1 }),
    replicaState: struct(
      {
        replicaId: int32({ default: -1 }),
        replicaEpoch: int64({ default: -1 }),
      },
      { since: 15, tag: 1 },
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 2147483647 }),
    isolationLevel: int8({ default: 0 }),
    sessionId: int32({ since: 7, default: 0, ignorable: true }),
    sessionEpoch: int32({ since: 7, default: -1, ignorable: true }),
    topics: array({
      topic: string({ until: 12, ignorable: true }),
      topicId: uuid({ since: 13, ignorable: true }),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ since: 9, default: -1, ignorable: true }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32({ since: 12, default: -1 }),
        logStartOffset: int64({ since: 5, default: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ since: 17, tag: 0, ignorable: true }),
        highWatermark: int64({ since: 18, default: Number.MAX_SAFE_INTEGER, tag: 1, ignorable: true }),
      }),
    }),
    forgottenTopicsData: array(
      {
        topic: string({ until: 12, ignorable: true }),
        topicId: uuid({ since: 13, ignorable: true }),
        partitions: array(int32()),
      },
      { since: 7 },
    ),
    rackId: string({ since: 11, default: '', ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16({ since: 7 }),
    sessionId: int32({ since: 7, default: 0 }),
    responses: array({
      topic: string({ until: 12 }),
      topicId: uuid({ since: 13 }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ default: -1 }),
        logStartOffset: int64({ since: 5, default: -1 }),
        divergingEpoch: struct(
          {
            epoch: int32({ default: -1 }),
            endOffset: int64({ default: -1 }),
          },
          { since: 12, tag: 0 },
        ),
        currentLeader: struct(
          {
            leaderId: int32({ default: -1 }),
            leaderEpoch: int32({ default: -1 }),
          },
          { since: 12, tag: 1 },
        ),
        snapshotId: struct(
          {
            endOffset: int64({ default: -1 }),
            epoch: int32({ default: -1 }),
          },
          { since: 12, tag: 2 },
        ),
        abortedTransactions: array(
          {
            producerId: int64(),
            firstOffset: int64(),
          },
          { nullable: true },
        ),
        preferredReadReplica: int32({ since: 11, default: -1 }),
        records: records({ nullable: true }),
      }),
    }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string({ nullable: true, default: null }),
      },
      { since: 16, tag: 0 },
    ),
  },
});
