import { api } from '../schema/api.ts';
import { array, int16, int32, string, uint16, uuid } from '../schema/field.ts';

/** A new leader of the metadata quorum makes itself known (KIP-595). */
// v1  flexible encoding; directory id of the voter, addresses of the leader (KIP-853)
export const BeginQuorumEpoch = api('BeginQuorumEpoch', {
  key: 53,
  versions: [0, 1],
  flexibleSince: 1,

  request: {
    clusterId: string({ nullable: true, default: null }),
    voterId: int32({ since: 1, default: -1, ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        voterDirectoryId: uuid({ since: 1, ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
      }),
    }),
    leaderEndpoints: array(
      {
        name: string(),
        host: string(),
        port: uint16(),
      },
      { since: 1, ignorable: true },
    ),
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
