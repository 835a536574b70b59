import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts';

/** A candidate asks a voter of the metadata quorum for its vote (KIP-595). */
// v1  directory ids tell two lives of one voter apart (KIP-853)
// v2  pre-vote: asks without raising the epoch (KIP-996)
export const Vote = api('Vote', {
  key: 52,
  versions: [0, 2],
  flexibleSince: 0,

  request: {
    clusterId: string({ nullable: true, default: null }),
    voterId: int32({ since: 1, default: -1, ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        replicaEpoch: int32(),
        replicaId: int32(),
        replicaDirectoryId: uuid({ since: 1, ignorable: true }),
        voterDirectoryId: uuid({ since: 1, ignorable: true }),
        lastOffsetEpoch: int32(),
        lastOffset: int64(),
        preVote: boolean({ since: 2 }),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        voteGranted: boolean(),
      }),
    }),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: uint16(),
      },
      { since: 1, tag: 0 },
    ),
  },
});
