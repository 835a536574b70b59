/**
 * Group records as bytes: an int16 type and the fields of the key, an int16 version and the fields of the value, as
 * Kafka writes them. Offsets, of which there are millions, are decoded by hand (offset-record-codec.ts).
 */
import { Chunks, unreachable } from '@tidelog/core';
import {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
  type Message,
  type ValueOf,
} from '@tidelog/protocol';
import type { EncodedRecord } from '../../runtime/core/shard-core.ts';
import { assignmentOf, partitionsOf, type AssignedPartitions } from './consumer/assignment.ts';
import type { MemberSubscription } from './consumer/consumer-member.ts';
import type { CurrentAssignment, GroupRecord, OffsetRecord } from './group-records.ts';

export function encodeGroupRecord(record: GroupRecord): EncodedRecord {
  const { groupId } = record;
  switch (record.type) {
    case 'offset':
      return encodeOffset(record);
    case 'classicGroup':
      return {
        key: keyOf(GroupMetadataKey, { group: groupId }),
        value: record.value && valueOf(GroupMetadataValue, record.value, 4),
      };
    case 'groupEpoch':
      return {
        key: keyOf(ConsumerGroupMetadataKey, { groupId }),
        value: record.value && valueOf(ConsumerGroupMetadataValue, record.value),
      };
    case 'member':
      return {
        key: keyOf(ConsumerGroupMemberMetadataKey, { groupId, memberId: record.memberId }),
        value: record.value && encodeMember(record.value),
      };
    case 'targetEpoch':
      return {
        key: keyOf(ConsumerGroupTargetAssignmentMetadataKey, { groupId }),
        value:
          record.value &&
          valueOf(ConsumerGroupTargetAssignmentMetadataValue, {
            assignmentEpoch: record.value.epoch,
            assignmentTimestamp: record.value.timestamp,
          }),
      };
    case 'targetMember':
      return {
        key: keyOf(ConsumerGroupTargetAssignmentMemberKey, { groupId, memberId: record.memberId }),
        value:
          record.value &&
          valueOf(ConsumerGroupTargetAssignmentMemberValue, { topicPartitions: mutable(partitionsOf(record.value)) }),
      };
    case 'current':
      return {
        key: keyOf(ConsumerGroupCurrentMemberAssignmentKey, { groupId, memberId: record.memberId }),
        value: record.value && encodeCurrent(record.value),
      };
    case 'regex':
      return {
        key: keyOf(ConsumerGroupRegularExpressionKey, { groupId, regularExpression: record.regex }),
        value:
          record.value &&
          valueOf(ConsumerGroupRegularExpressionValue, { ...record.value, topics: [...record.value.topics] }),
      };
    default:
      return unreachable(record);
  }
}

/** The record of a type other than an offset's; undefined for a kind that this coordinator does not keep. */
export function decodeGroupRecord(key: Buffer, value: Buffer | null): GroupRecord | undefined {
  const keyBytes = Chunks.of(key);
  switch (key.readInt16BE(0)) {
    case GroupMetadataKey.recordType: {
      const { group: groupId } = GroupMetadataKey.decode(keyBytes, 0, 2);
      return { type: 'classicGroup', groupId, value: decodeValue(GroupMetadataValue, value) };
    }
    case ConsumerGroupMetadataKey.recordType: {
      const { groupId } = ConsumerGroupMetadataKey.decode(keyBytes, 0, 2);
      return { type: 'groupEpoch', groupId, value: decodeValue(ConsumerGroupMetadataValue, value) };
    }
    case ConsumerGroupMemberMetadataKey.recordType: {
      const { groupId, memberId } = ConsumerGroupMemberMetadataKey.decode(keyBytes, 0, 2);
      const decoded = decodeValue(ConsumerGroupMemberMetadataValue, value);
      return { type: 'member', groupId, memberId, value: decoded && memberOf(decoded) };
    }
    case ConsumerGroupTargetAssignmentMetadataKey.recordType: {
      const { groupId } = ConsumerGroupTargetAssignmentMetadataKey.decode(keyBytes, 0, 2);
      const decoded = decodeValue(ConsumerGroupTargetAssignmentMetadataValue, value);
      const epoch = decoded && { epoch: decoded.assignmentEpoch, timestamp: decoded.assignmentTimestamp };
      return { type: 'targetEpoch', groupId, value: epoch };
    }
    case ConsumerGroupTargetAssignmentMemberKey.recordType: {
      const { groupId, memberId } = ConsumerGroupTargetAssignmentMemberKey.decode(keyBytes, 0, 2);
      const decoded = decodeValue(ConsumerGroupTargetAssignmentMemberValue, value);
      return { type: 'targetMember', groupId, memberId, value: decoded && assignmentOf(decoded.topicPartitions) };
    }
    case ConsumerGroupCurrentMemberAssignmentKey.recordType: {
      const { groupId, memberId } = ConsumerGroupCurrentMemberAssignmentKey.decode(keyBytes, 0, 2);
      const decoded = decodeValue(ConsumerGroupCurrentMemberAssignmentValue, value);
      return { type: 'current', groupId, memberId, value: decoded && currentOf(decoded) };
    }
    case ConsumerGroupRegularExpressionKey.recordType: {
      const { groupId, regularExpression } = ConsumerGroupRegularExpressionKey.decode(keyBytes, 0, 2);
      const decoded = decodeValue(ConsumerGroupRegularExpressionValue, value);
      return { type: 'regex', groupId, regex: regularExpression, value: decoded };
    }
    default:
      return undefined;
  }
}

function keyOf<Value, Input>(message: Message<Value, Input>, fields: Input): Buffer {
  return prefixed(message.recordType ?? -1, message.encode(fields, 0));
}

function valueOf<Value, Input>(message: Message<Value, Input>, fields: Input, version = 0): Buffer {
  return prefixed(version, message.encode(fields, version));
}

function prefixed(int16: number, body: Chunks): Buffer {
  const out = Buffer.allocUnsafe(2 + body.byteLength);
  out.writeInt16BE(int16, 0);
  let at = 2;
  for (const piece of body.pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function decodeValue<Value, Input>(message: Message<Value, Input>, value: Buffer | null): Value | null {
  return value === null ? null : message.decode(Chunks.of(value), value.readInt16BE(0), 2);
}

function encodeOffset({ groupId: group, topic, partition, value }: OffsetRecord): EncodedRecord {
  const key = keyOf(OffsetCommitKey, { group, topic, partition });
  if (value === null) return { key, value: null };
  // Only version 1 has a time to expire.
  return { key, value: valueOf(OffsetCommitValue, value, value.expireTimestamp >= 0 ? 1 : 4) };
}

function encodeMember({ classic, subscribedTopicNames, ...rest }: MemberSubscription): Buffer {
  return valueOf(ConsumerGroupMemberMetadataValue, {
    ...rest,
    subscribedTopicNames: [...subscribedTopicNames],
    classicMemberMetadata: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      supportedProtocols: [...classic.supportedProtocols],
    },
  });
}

function memberOf(value: ValueOf<typeof ConsumerGroupMemberMetadataValue>): MemberSubscription {
  const { classicMemberMetadata, ...rest } = value;
  if (classicMemberMetadata === null) return { ...rest, classic: null };
  const { sessionTimeoutMs, supportedProtocols } = classicMemberMetadata;
  // Copied: a member must not keep the batch it was read from in memory.
  const copies = supportedProtocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) }));
  return { ...rest, classic: { sessionTimeoutMs, supportedProtocols: copies } };
}

function encodeCurrent({ assigned, pendingRevocation, ...epochs }: CurrentAssignment): Buffer {
  return valueOf(ConsumerGroupCurrentMemberAssignmentValue, {
    ...epochs,
    assignedPartitions: withEpochs(assigned),
    partitionsPendingRevocation: withEpochs(pendingRevocation),
  });
}

type PartitionsOnDisk = { topicId: string; partitions: number[]; assignmentEpochs: number[] | null }[];

function withEpochs(assigned: AssignedPartitions): PartitionsOnDisk {
  return Array.from(assigned, ([topicId, partitions]) => ({
    topicId,
    partitions: Array.from(partitions.keys()),
    assignmentEpochs: Array.from(partitions.values()),
  }));
}

function currentOf(value: ValueOf<typeof ConsumerGroupCurrentMemberAssignmentValue>): CurrentAssignment {
  const { memberEpoch, previousMemberEpoch, state } = value;
  const assigned = assignedOf(value.assignedPartitions, memberEpoch);
  const pendingRevocation = assignedOf(value.partitionsPendingRevocation, memberEpoch);
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}

/** Records of older versions do not say when: then all of it counts as assigned in the member's epoch. */
function assignedOf(topics: PartitionsOnDisk, memberEpoch: number): AssignedPartitions {
  const out = new Map<string, ReadonlyMap<number, number>>();
  for (const { topicId, partitions, assignmentEpochs } of topics) {
    const epochs = new Map(
      partitions.map((partition, i) => [partition, assignmentEpochs?.[i] ?? memberEpoch] as const),
    );
    if (epochs.size > 0) out.set(topicId, epochs);
  }
  return out;
}

function mutable(topics: ReturnType<typeof partitionsOf>): { topicId: string; partitions: number[] }[] {
  return topics.map(({ topicId, partitions }) => ({ topicId, partitions: [...partitions] }));
}
