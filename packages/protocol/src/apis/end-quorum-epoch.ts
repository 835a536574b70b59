import { api } from '../schema/api.ts';
import { array, int16, int32, string, uint16, uuid } from '../schema/field.ts';

/** A leader of the metadata quorum resigns and names successors (KIP-595). */
// v1  flexible encoding; successors with directory ids, addresses of the leader (KIP-853)
export const EndQuorumEpoch = api('EndQuorumEpoch', {
  key: 54,
  versions: [0, 1],
  flexibleSince: 1,

  request: {
    clusterId: string({ nullable: true, default: null }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32(),
        preferredSuccessors: array(int32(), { until: 0, ignorable: true }),
        preferredCandidates: array(
          {
            candidateId: int32(),
            candidateDirectoryId: uuid(),
          },
          { since: 1, ignorable: true },
        ),
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
