import { api } from '../schema/api.ts';
import { array, int16, int32, int64, string, uint16, uuid } from '../schema/field.ts';

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ since: 2 }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ since: 1, default: -1 }),
  lastCaughtUpTimestamp: int64({ since: 1, default: -1 }),
};

/** Describes leader, voters and observers of the metadata quorum (KIP-595). */
// v1  when each replica last fetched and was last caught up (KIP-836)
// v2  directory ids, addresses of voters, error messages (KIP-853)
export const DescribeQuorum = api('DescribeQuorum', {
  key: 55,
  versions: [0, 2],
  flexibleSince: 0,

  request: {
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
      }),
    }),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ since: 2, nullable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ since: 2, nullable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: array(
      {
        nodeId: int32(),
        listeners: array({
          name: string(),
          host: string(),
          port: uint16(),
        }),
      },
      { since: 2 },
    ),
  },
});
