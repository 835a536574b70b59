import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, int8, string, struct, uint16 } from '../schema/field.ts';

const keyValue = {
  key: string(),
  value: string(),
};

const topicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(keyValue),
};

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
};

const endpoint = {
  host: string(),
  port: uint16(),
};

const taskOffset = {
  subtopologyId: string(),
  partition: int32(),
  offset: int64(),
};

const status = {
  statusCode: int8(),
  statusDetail: string(),
};

const topicPartition = {
  topic: string(),
  partitions: array(int32()),
};

/** All that a member of a streams group says and hears (KIP-1071). */
export const StreamsGroupHeartbeat = api('StreamsGroupHeartbeat', {
  key: 88,
  versions: [0, 0],
  flexibleSince: 0,

  request: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: string({ nullable: true, default: null }),
    rackId: string({ nullable: true, default: null }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topology: struct(
      {
        epoch: int32(),
        subtopologies: array({
          subtopologyId: string(),
          sourceTopics: array(string()),
          sourceTopicRegex: array(string()),
          stateChangelogTopics: array(topicInfo),
          repartitionSinkTopics: array(string()),
          repartitionSourceTopics: array(topicInfo),
          copartitionGroups: array({
            sourceTopics: array(int16()),
            sourceTopicRegex: array(int16()),
            repartitionSourceTopics: array(int16()),
          }),
        }),
      },
      { nullable: true, default: null },
    ),
    activeTasks: array(taskIds, { nullable: true, default: null }),
    standbyTasks: array(taskIds, { nullable: true, default: null }),
    warmupTasks: array(taskIds, { nullable: true, default: null }),
    processId: string({ nullable: true, default: null }),
    userEndpoint: struct(endpoint, { nullable: true, default: null }),
    clientTags: array(keyValue, { nullable: true, default: null }),
    taskOffsets: array(taskOffset, { nullable: true, default: null }),
    taskEndOffsets: array(taskOffset, { nullable: true, default: null }),
    shutdownApplication: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true, default: null }),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: array(status, { nullable: true }),
    activeTasks: array(taskIds, { nullable: true, default: null }),
    standbyTasks: array(taskIds, { nullable: true, default: null }),
    warmupTasks: array(taskIds, { nullable: true, default: null }),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: array(
      {
        userEndpoint: struct(endpoint),
        activePartitions: array(topicPartition),
        standbyPartitions: array(topicPartition),
      },
      { nullable: true, default: null },
    ),
  },
});
