/**
 * Records of __consumer_offsets for streams groups (KIP-1071): the group and its epoch, its members, their tasks and
 * the topology they run. A key is its record type and the fields, a value an int16 version and the fields; a null value
 * deletes.
 */
import { array, int16, int32, int64, int8, string, struct, uint16 } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const StreamsGroupMetadataKey = data('StreamsGroupMetadataKey', {
  recordType: 17,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

const lastAssignmentConfig = {
  key: string(),
  value: string(),
};

export const StreamsGroupMetadataValue = data('StreamsGroupMetadataValue', {
  recordType: 17,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64(),
    validatedTopologyEpoch: int32({ default: -1, tag: 0 }),
    lastAssignmentConfigs: array(lastAssignmentConfig, { nullable: true, default: null, tag: 1 }),
  },
});

export const StreamsGroupMemberMetadataKey = data('StreamsGroupMemberMetadataKey', {
  recordType: 19,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const endpoint = {
  host: string(),
  port: uint16(),
};

const keyValue = {
  key: string(),
  value: string(),
};

export const StreamsGroupMemberMetadataValue = data('StreamsGroupMemberMetadataValue', {
  recordType: 19,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    instanceId: string({ nullable: true }),
    rackId: string({ nullable: true }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ default: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: struct(endpoint, { nullable: true, default: null }),
    clientTags: array(keyValue),
  },
});

export const StreamsGroupTargetAssignmentMetadataKey = data('StreamsGroupTargetAssignmentMetadataKey', {
  recordType: 20,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const StreamsGroupTargetAssignmentMetadataValue = data('StreamsGroupTargetAssignmentMetadataValue', {
  recordType: 20,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ default: 0, tag: 0 }),
  },
});

export const StreamsGroupTargetAssignmentMemberKey = data('StreamsGroupTargetAssignmentMemberKey', {
  recordType: 21,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
};

export const StreamsGroupTargetAssignmentMemberValue = data('StreamsGroupTargetAssignmentMemberValue', {
  recordType: 21,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
  },
});

export const StreamsGroupCurrentMemberAssignmentKey = data('StreamsGroupCurrentMemberAssignmentKey', {
  recordType: 22,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const taskIdsWithEpochs = {
  subtopologyId: string(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: true, default: null, tag: 0 }),
};

export const StreamsGroupCurrentMemberAssignmentValue = data('StreamsGroupCurrentMemberAssignmentValue', {
  recordType: 22,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: array(taskIdsWithEpochs),
    standbyTasks: array(taskIdsWithEpochs),
    warmupTasks: array(taskIdsWithEpochs),
    activeTasksPendingRevocation: array(taskIdsWithEpochs),
    standbyTasksPendingRevocation: array(taskIdsWithEpochs),
    warmupTasksPendingRevocation: array(taskIdsWithEpochs),
  },
});

export const StreamsGroupTopologyKey = data('StreamsGroupTopologyKey', {
  recordType: 23,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

const topicConfig = {
  key: string(),
  value: string(),
};

const topicInfo = {
  name: string(),
  partitions: int32(),
  replicationFactor: int16(),
  topicConfigs: array(topicConfig),
};

export const StreamsGroupTopologyValue = data('StreamsGroupTopologyValue', {
  recordType: 23,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
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
});
