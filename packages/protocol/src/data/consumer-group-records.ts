/**
 * Records of __consumer_offsets for groups of the consumer protocol (KIP-848): the group and its epoch, what each
 * member subscribes to, what it should own (target) and what it owns (current). A key is its record type and the
 * fields, a value an int16 version and the fields; a null value deletes.
 *
 * `metadataHash` fills 64 bits in Kafka. Tidelog keeps its own within 53; a foreign one saturates when it is read and
 * then matches nothing, which costs one recomputation of the assignment.
 */
import { array, bytes, int32, int64, int8, string, struct, uuid } from '../schema/field.ts';
import { data } from '../schema/message.ts';

export const ConsumerGroupMetadataKey = data('ConsumerGroupMetadataKey', {
  recordType: 3,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupMetadataValue = data('ConsumerGroupMetadataValue', {
  recordType: 3,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    epoch: int32(),
    metadataHash: int64({ default: 0, tag: 0 }),
  },
});

/** No longer written since the group keeps a hash of the metadata instead; still read. */
export const ConsumerGroupPartitionMetadataKey = data('ConsumerGroupPartitionMetadataKey', {
  recordType: 4,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupPartitionMetadataValue = data('ConsumerGroupPartitionMetadataValue', {
  recordType: 4,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array({
      topicId: uuid(),
      topicName: string(),
      numPartitions: int32(),
      partitionMetadata: array({
        partition: int32(),
        racks: array(string()),
      }),
    }),
  },
});

export const ConsumerGroupMemberMetadataKey = data('ConsumerGroupMemberMetadataKey', {
  recordType: 5,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ConsumerGroupMemberMetadataValue = data('ConsumerGroupMemberMetadataValue', {
  recordType: 5,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    instanceId: string({ nullable: true }),
    rackId: string({ nullable: true }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
    subscribedTopicRegex: string({ nullable: true }),
    rebalanceTimeoutMs: int32({ default: -1 }),
    serverAssignor: string({ nullable: true }),
    classicMemberMetadata: struct(
      {
        sessionTimeoutMs: int32(),
        supportedProtocols: array({
          name: string(),
          metadata: bytes(),
        }),
      },
      { nullable: true, default: null, tag: 0 },
    ),
  },
});

export const ConsumerGroupTargetAssignmentMetadataKey = data('ConsumerGroupTargetAssignmentMetadataKey', {
  recordType: 6,
  versions: [0, 0],
  fields: {
    groupId: string(),
  },
});

export const ConsumerGroupTargetAssignmentMetadataValue = data('ConsumerGroupTargetAssignmentMetadataValue', {
  recordType: 6,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    assignmentEpoch: int32(),
    assignmentTimestamp: int64({ default: 0, tag: 0 }),
  },
});

export const ConsumerGroupTargetAssignmentMemberKey = data('ConsumerGroupTargetAssignmentMemberKey', {
  recordType: 7,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

export const ConsumerGroupTargetAssignmentMemberValue = data('ConsumerGroupTargetAssignmentMemberValue', {
  recordType: 7,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topicPartitions: array({
      topicId: uuid(),
      partitions: array(int32()),
    }),
  },
});

export const ConsumerGroupCurrentMemberAssignmentKey = data('ConsumerGroupCurrentMemberAssignmentKey', {
  recordType: 8,
  versions: [0, 0],
  fields: {
    groupId: string(),
    memberId: string(),
  },
});

const topicPartitions = {
  topicId: uuid(),
  partitions: array(int32()),
  assignmentEpochs: array(int32(), { nullable: true, default: null, tag: 0 }),
};

export const ConsumerGroupCurrentMemberAssignmentValue = data('ConsumerGroupCurrentMemberAssignmentValue', {
  recordType: 8,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    assignedPartitions: array(topicPartitions),
    partitionsPendingRevocation: array(topicPartitions),
  },
});

export const ConsumerGroupRegularExpressionKey = data('ConsumerGroupRegularExpressionKey', {
  recordType: 16,
  versions: [0, 0],
  fields: {
    groupId: string(),
    regularExpression: string(),
  },
});

export const ConsumerGroupRegularExpressionValue = data('ConsumerGroupRegularExpressionValue', {
  recordType: 16,
  versions: [0, 0],
  flexibleSince: 0,
  fields: {
    topics: array(string()),
    version: int64(),
    timestamp: int64(),
  },
});
