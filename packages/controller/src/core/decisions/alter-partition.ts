/**
 * AlterPartition: a leader asks for another ISR, or says that it has recovered (KIP-497, KIP-841, KIP-966).
 *
 * The order of the checks is part of the protocol: a leader that knows more than this controller must not be told that
 * it is wrong, and one that knows less must learn it before anything is said about its wish.
 */
import {
  changedPartition,
  hasDirectory,
  LeaderRecoveryState,
  type MetadataRecord,
  type PartitionImage,
} from '@tidelog/metadata';
import { type AlterPartition, ErrorCode, type RequestOf } from '@tidelog/protocol';
import { judgeBrokerEpoch } from '../broker-epoch.ts';
import type { Decision, DecisionContext } from '../decision.ts';
import { hasDuplicates } from '../lists.ts';
import { planChange } from '../partition-changes.ts';

export type AlterPartitionRequest = RequestOf<typeof AlterPartition>;
type TopicData = AlterPartitionRequest['topics'][number];
type PartitionData = TopicData['partitions'][number];

export interface AlterPartitionResult {
  readonly throttleTimeMs: number;
  readonly errorCode: ErrorCode;
  readonly topics: { readonly topicId: string; readonly partitions: PartitionResult[] }[];
}

interface PartitionResult {
  readonly partitionIndex: number;
  readonly errorCode: ErrorCode;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  readonly leaderRecoveryState: number;
  readonly partitionEpoch: number;
}

/** A member of the wished ISR; -1 is an epoch that the version cannot say. */
interface Member {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

export function decideAlterPartition(
  context: DecisionContext,
  request: AlterPartitionRequest,
): Decision<AlterPartitionResult> {
  const { brokerId, brokerEpoch } = request;
  const verdict = judgeBrokerEpoch(context, { brokerId, brokerEpoch });
  if (verdict !== undefined) {
    return { records: [], response: { throttleTimeMs: 0, errorCode: staleOf(verdict.errorCode), topics: [] } };
  }
  const records: MetadataRecord[] = [];
  const seen = new Set<string>();
  const topics = request.topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((wish) => {
      const key = `${topicId}:${wish.partitionIndex}`;
      if (seen.has(key)) return failed(wish, ErrorCode.INVALID_REQUEST);
      seen.add(key);
      return alterPartition(context, { brokerId, topicId, wish }, records);
    }),
  }));
  return { records, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, topics } };
}

/** To a leader, not to be registered is to be out of date. */
function staleOf(errorCode: ErrorCode): ErrorCode {
  return errorCode === ErrorCode.BROKER_ID_NOT_REGISTERED ? ErrorCode.STALE_BROKER_EPOCH : errorCode;
}

interface Alteration {
  readonly brokerId: number;
  readonly topicId: string;
  readonly wish: PartitionData;
}

function alterPartition(context: DecisionContext, alteration: Alteration, records: MetadataRecord[]): PartitionResult {
  const { brokerId, topicId, wish } = alteration;
  const topic = context.image.topics.getById(topicId);
  if (topic === undefined) return failed(wish, ErrorCode.UNKNOWN_TOPIC_ID);
  const partition = topic.partitions.get(wish.partitionIndex);
  if (partition === undefined) return failed(wish, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const members = membersOf(wish);
  const errorCode =
    judgeEpochs(partition, wish, brokerId) ?? judgeMembers(context, partition, members, wish) ?? undefined;
  if (errorCode !== undefined) return failed(wish, errorCode);
  const isr = members.map((member) => member.brokerId);
  const leaderRecoveryState =
    wish.leaderRecoveryState === LeaderRecoveryState.RECOVERING
      ? LeaderRecoveryState.RECOVERING
      : LeaderRecoveryState.RECOVERED;
  const target = { isr, leaderRecoveryState };
  const change = planChange(context, { topic, partitionId: wish.partitionIndex, partition, target });
  if (change === undefined) return succeeded(wish, partition);
  records.push(change);
  const after = changedPartition(partition, change);
  // The new ISR completed a reassignment that took the leadership away. The change stands all the same.
  if (after.leader !== brokerId) return failed(wish, ErrorCode.NEW_LEADER_ELECTED);
  return succeeded(wish, after);
}

function membersOf({ newIsr, newIsrWithEpochs }: PartitionData): readonly Member[] {
  return newIsrWithEpochs.length > 0 ? newIsrWithEpochs : newIsr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }));
}

function judgeEpochs(partition: PartitionImage, wish: PartitionData, brokerId: number): ErrorCode | undefined {
  const { leaderEpoch, partitionEpoch } = wish;
  if (leaderEpoch > partition.leaderEpoch || partitionEpoch > partition.partitionEpoch) return ErrorCode.NOT_CONTROLLER;
  if (leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (partition.leader !== brokerId) return ErrorCode.INVALID_REQUEST;
  return partitionEpoch < partition.partitionEpoch ? ErrorCode.INVALID_UPDATE_VERSION : undefined;
}

function judgeMembers(
  { image }: DecisionContext,
  partition: PartitionImage,
  members: readonly Member[],
  { leaderRecoveryState }: PartitionData,
): ErrorCode | undefined {
  const ids = members.map(({ brokerId }) => brokerId);
  const { RECOVERED, RECOVERING } = LeaderRecoveryState;
  if (hasDuplicates(ids) || !ids.every((id) => partition.replicas.includes(id))) return ErrorCode.INVALID_REQUEST;
  if (!ids.includes(partition.leader)) return ErrorCode.INVALID_REQUEST;
  if (leaderRecoveryState !== RECOVERED && leaderRecoveryState !== RECOVERING) return ErrorCode.INVALID_REQUEST;
  if (leaderRecoveryState === RECOVERING) {
    if (ids.length > 1 || partition.leaderRecoveryState === RECOVERED) return ErrorCode.INVALID_REQUEST;
  }
  const isEligible = ({ brokerId, brokerEpoch }: Member): boolean => {
    const broker = image.cluster.broker(brokerId);
    if (broker === undefined || !image.cluster.isActive(brokerId)) return false;
    // A leader that has not heard that a directory failed knows nothing but that its follower had everything.
    return (brokerEpoch === -1 || broker.epoch === brokerEpoch) && hasDirectory(partition, broker);
  };
  return members.every(isEligible) ? undefined : ErrorCode.INELIGIBLE_REPLICA;
}

function succeeded({ partitionIndex }: PartitionData, partition: PartitionImage): PartitionResult {
  const { leader: leaderId, leaderEpoch, isr, leaderRecoveryState, partitionEpoch } = partition;
  return { partitionIndex, errorCode: ErrorCode.NONE, leaderId, leaderEpoch, isr, leaderRecoveryState, partitionEpoch };
}

function failed({ partitionIndex }: PartitionData, errorCode: ErrorCode): PartitionResult {
  const nothing = { leaderId: 0, leaderEpoch: 0, isr: [], leaderRecoveryState: 0, partitionEpoch: 0 };
  return { partitionIndex, errorCode, ...nothing };
}
