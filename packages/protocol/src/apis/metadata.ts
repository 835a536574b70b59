import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, string, uuid } from '../schema/field.ts';

/** Describes brokers, topics and partition leaders, and creates topics on demand. */
// v0   an empty list of topics means all of them
// v1   null means all, empty means none; controller and racks
// v2   cluster id
// v3   throttle time
// v4   a client may forbid automatic creation
// v5   offline replicas
// v7   leader epoch
// v8   authorized operations
// v9   flexible encoding
// v10  topic ids in the response (KIP-516)
// v11  authorized operations of the cluster move to DescribeCluster (KIP-700)
// v12  topics can be asked for by id
// v13  an error for the whole response: REBOOTSTRAP_REQUIRED (KIP-1102)
export const Metadata = api('Metadata', {
  key: 3,
  versions: [0, 13],
  flexibleSince: 9,

  request: {
    topics: array(
      {
        topicId: uuid({ since: 10, ignorable: true }),
        name: string({ nullableSince: 10 }),
      },
      { nullableSince: 1 },
    ),
    allowAutoTopicCreation: boolean({ since: 4, default: true }),
    includeClusterAuthorizedOperations: boolean({ since: 8, until: 10 }),
    includeTopicAuthorizedOperations: boolean({ since: 8 }),
  },
  response: {
    throttleTimeMs: int32({ since: 3, default: 0 }),
    brokers: array({
      nodeId: int32(),
      host: string(),
      port: int32(),
      rack: string({ since: 1, nullable: true, default: null }),
    }),
    clusterId: string({ since: 2, nullable: true, default: null }),
    controllerId: int32({ since: 1, default: -1 }),
    topics: array({
      errorCode: int16(),
      name: string({ nullableSince: 12 }),
      topicId: uuid({ since: 10 }),
      isInternal: boolean({ since: 1, default: false }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ since: 7, default: -1 }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { since: 5 }),
      }),
      topicAuthorizedOperations: int32({ since: 8, default: -2147483648 }),
    }),
    clusterAuthorizedOperations: int32({ since: 8, until: 10, default: -2147483648 }),
    errorCode: int16({ since: 13 }),
  },
});
