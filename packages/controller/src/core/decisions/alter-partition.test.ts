import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideAlterPartitionReassignments } from './alter-partition-reassignments.ts';
import { decideAlterPartition, type AlterPartitionResult } from './alter-partition.ts';

interface Wish {
  readonly from?: number;
  readonly brokerEpoch?: number;
  readonly topicId?: string;
  readonly partition?: number;
  readonly leaderEpoch?: number;
  readonly partitionEpoch?: number;
  readonly isr?: readonly number[];
  readonly memberEpoch?: number;
  readonly recoveryState?: number;
}

function cluster(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2, 3]);
  harness.register(4);
  harness.createTopic('t', { assignments: [[1, 2, 3]] });
  // Leader epoch 1, partition epoch 1, led by 2.
  harness.silence(1);
  harness.heartbeat(1);
  return harness;
}

function alter(harness: CoreHarness, wish: Wish): AlterPartitionResult {
  const { cluster, topics } = harness.state.image;
  const from = wish.from ?? 2;
  const partition = harness.partition('t');
  const data = {
    partitionIndex: wish.partition ?? 0,
    leaderEpoch: wish.leaderEpoch ?? partition.leaderEpoch,
    newIsr: [],
    newIsrWithEpochs: (wish.isr ?? [2, 3]).map((brokerId) => ({
      brokerId,
      brokerEpoch: wish.memberEpoch ?? cluster.brokerEpoch(brokerId),
    })),
    leaderRecoveryState: wish.recoveryState ?? 0,
    partitionEpoch: wish.partitionEpoch ?? partition.partitionEpoch,
  };
  const topicId = wish.topicId ?? topics.get('t')?.id ?? '';
  const brokerEpoch = wish.brokerEpoch ?? cluster.brokerEpoch(from);
  const request = { brokerId: from, brokerEpoch, topics: [{ topicId, partitions: [data] }] };
  return harness.decide((context) => decideAlterPartition(context, request));
}

describe('AlterPartition', () => {
  it('changes the ISR and tells the new state', () => {
    const harness = cluster();
    const result = alter(harness, { isr: [2, 3, 1] }).topics[0]?.partitions[0];
    expect(result).toMatchObject({ errorCode: 0, isr: [2, 3, 1], leaderId: 2, leaderEpoch: 1, partitionEpoch: 2 });
    expect(harness.partition('t').isr).toEqual([2, 3, 1]);
  });

  it('answers an ISR that is so already without a record', () => {
    const harness = cluster();
    const before = harness.nextOffset;
    expect(alter(harness, { isr: [3, 2] }).topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, partitionEpoch: 1 });
    expect(harness.nextOffset).toBe(before);
  });

  const refusals: [string, Wish, ErrorCode][] = [
    ['an unknown topic', { topicId: 'KAFKAKAFKAKAFKAKAFKAKA' }, ErrorCode.UNKNOWN_TOPIC_ID],
    ['an unknown partition', { partition: 7 }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['a newer leader epoch', { leaderEpoch: 2 }, ErrorCode.NOT_CONTROLLER],
    ['a newer partition epoch', { partitionEpoch: 2 }, ErrorCode.NOT_CONTROLLER],
    ['an older leader epoch', { leaderEpoch: 0 }, ErrorCode.FENCED_LEADER_EPOCH],
    ['an older leader epoch of a former leader', { leaderEpoch: 0, from: 1 }, ErrorCode.FENCED_LEADER_EPOCH],
    ['who does not lead', { from: 3 }, ErrorCode.INVALID_REQUEST],
    ['an older partition epoch', { partitionEpoch: 0 }, ErrorCode.INVALID_UPDATE_VERSION],
    ['a broker twice', { isr: [2, 2] }, ErrorCode.INVALID_REQUEST],
    ['no replica', { isr: [2, 5] }, ErrorCode.INVALID_REQUEST],
    ['an ISR without the leader', { isr: [3] }, ErrorCode.INVALID_REQUEST],
    ['an unknown recovery state', { recoveryState: 2 }, ErrorCode.INVALID_REQUEST],
    ['recovering when recovered', { isr: [2], recoveryState: 1 }, ErrorCode.INVALID_REQUEST],
    ['recovering with others', { isr: [2, 3], recoveryState: 1 }, ErrorCode.INVALID_REQUEST],
    ['a member of another epoch', { isr: [2, 3], memberEpoch: 999 }, ErrorCode.INELIGIBLE_REPLICA],
  ];
  it.each(refusals)('refuses %s', (_what, wish, errorCode) => {
    const harness = cluster();
    const before = harness.nextOffset;
    const { errorCode: whole, topics } = alter(harness, wish);
    expect([whole, topics[0]?.partitions[0]?.errorCode]).toEqual([0, errorCode]);
    expect(harness.nextOffset).toBe(before);
  });

  it('refuses a member that is fenced or shutting down', () => {
    const harness = cluster();
    harness.silence(1);
    expect(alter(harness, { isr: [2, 3, 1] }).topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.INELIGIBLE_REPLICA);
  });

  it('refuses a member whose directory has failed', () => {
    const harness = cluster();
    const offlineLogDirs = [...(harness.state.image.cluster.broker(3)?.logDirs ?? [])];
    harness.heartbeat(3, { offlineLogDirs });
    expect(harness.partition('t').isr).toEqual([2]);
    expect(alter(harness, { isr: [2, 3] }).topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.INELIGIBLE_REPLICA);
  });

  it('refuses a former incarnation whole', () => {
    expect(alter(cluster(), { brokerEpoch: 999 })).toMatchObject({
      errorCode: ErrorCode.STALE_BROKER_EPOCH,
      topics: [],
    });
  });

  it('says NEW_LEADER_ELECTED when the ISR completes a move that takes the leadership away', () => {
    const harness = cluster();
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [3, 1] }] }];
    const request = { timeoutMs: 1, allowReplicationFactorChange: true, topics };
    harness.decide((context) => decideAlterPartitionReassignments(context, request));
    expect(harness.partition('t')).toMatchObject({ replicas: [3, 1, 2], removingReplicas: [2], leader: 2 });
    const { errorCode } = alter(harness, { isr: [2, 3, 1] }).topics[0]?.partitions[0] ?? {};
    expect(errorCode).toBe(ErrorCode.NEW_LEADER_ELECTED);
    expect(harness.partition('t')).toMatchObject({ replicas: [3, 1], isr: [3, 1], leader: 3, leaderEpoch: 2 });
  });
});
