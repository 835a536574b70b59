/**
 * Records of __consumer_offsets for share groups (KIP-932): the group and its epoch, its members, their assignments,
 * and which partitions have state at the share coordinator. A key is its record type and the fields, a value an int16
 * version and the fields; a null value deletes.
 */
import { array, int32, int64, int8, string, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const ShareGroupMetadataKey = data('ShareGroupMetadataKey', {
  recordType: 11,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ShareGroupMetadataValue = data('ShareGroupMetadataValue', {
  recordType: 11,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64(),
  },
});

export const ShareGroupMemberMetadataKey = data('ShareGroupMemberMetadataKey', {
  recordType: 10,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ShareGroupMemberMetadataValue = data('ShareGroupMemberMetadataValue', {
  recordType: 10,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    rackId: string({ nullable: true }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  },
});

export const ShareGroupTargetAssignmentMetadataKey = data('ShareGroupTargetAssignmentMetadataKey', {
  recordType: 12,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ShareGroupTargetAssignmentMetadataValue = data('ShareGroupTargetAssignmentMetadataValue', {
  recordType: 12,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ default: 0, tag: 0 }),
  },
});

export const ShareGroupTargetAssignmentMemberKey = data('ShareGroupTargetAssignmentMemberKey', {
  recordType: 13,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ShareGroupTargetAssignmentMemberValue = data('ShareGroupTargetAssignmentMemberValue', {
  recordType: 13,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
});

export const ShareGroupCurrentMemberAssignmentKey = data('ShareGroupCurrentMemberAssignmentKey', {
  recordType: 14,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
};

export const ShareGroupCurrentMemberAssignmentValue = data('ShareGroupCurrentMemberAssignmentValue', {
  recordType: 14,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(topicPartitions),
  },
});

export const ShareGroupStatePartitionMetadataKey = data('ShareGroupStatePartitionMetadataKey', {
  recordType: 15,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

const topicPartitionsInfo = {
  topicId: uuid(),
  topicName: string(),
  partitions: array(int32()),
};

const topicInfo = {
  topicId: uuid(),
  topicName: string(),
};

export const ShareGroupStatePartitionMetadataValue = data('ShareGroupStatePartitionMetadataValue', {
  recordType: 15,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(topicInfo),
  },
});
