/** A group of either protocol in one shape: what DescribeGroups and ConsumerGroupDescribe say of it. */
import { Chunks } from '@tidelog/core';
import {
  ConsumerProtocolAssignment,
  type ConsumerGroupDescribe,
  type DescribeGroups,
  type ResponseOf,
} from '@tidelog/protocol';
import type { Coordinator, TopicPartition } from './group-client.ts';

export interface GroupMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  /** Of the consumer protocol only. */
  readonly epoch: number | undefined;
  readonly assignment: readonly TopicPartition[];
}

export interface GroupDescription {
  readonly groupId: string;
  readonly type: 'classic' | 'consumer';
  readonly state: string;
  readonly assignor: string;
  /** Of the consumer protocol only. */
  readonly epoch: number | undefined;
  readonly coordinator: Coordinator;
  readonly members: readonly GroupMember[];
}

type ClassicAnswer = ResponseOf<typeof DescribeGroups>['groups'][number];
type ConsumerAnswer = ResponseOf<typeof ConsumerGroupDescribe>['groups'][number];

export function classicGroup(answer: ClassicAnswer, coordinator: Coordinator): GroupDescription {
  const { groupId, groupState, protocolData, protocolType } = answer;
  const members = answer.members.map((member) => ({
    memberId: member.memberId,
    instanceId: member.groupInstanceId,
    clientId: member.clientId,
    host: member.clientHost,
    epoch: undefined,
    assignment: protocolType === 'consumer' ? classicAssignment(member.memberAssignment) : [],
  }));
  const head = { groupId, coordinator, state: groupState, assignor: protocolData };
  return { ...head, type: 'classic', epoch: undefined, members };
}

export function consumerGroup(answer: ConsumerAnswer, coordinator: Coordinator): GroupDescription {
  const { groupId, groupState, assignorName, groupEpoch } = answer;
  const members = answer.members.map((member) => ({
    memberId: member.memberId,
    instanceId: member.instanceId,
    clientId: member.clientId,
    host: member.clientHost,
    epoch: member.memberEpoch,
    assignment: member.assignment.topicPartitions.flatMap(({ topicName: topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition })),
    ),
  }));
  const head = { groupId, coordinator, state: groupState, assignor: assignorName };
  return { ...head, type: 'consumer', epoch: groupEpoch, members };
}

/** Members wrote these bytes for each other; empty ones are of a member that got nothing yet. */
function classicAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length < 2) return [];
  const version = Math.min(bytes.readInt16BE(0), ConsumerProtocolAssignment.versions.max);
  const { assignedPartitions } = ConsumerProtocolAssignment.decode(Chunks.of(bytes), version, 2);
  return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}
