import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideAlterPartition } from './alter-partition.ts';
import { decideBalancePreferredLeaders } from './balance-preferred-leaders.ts';
import { decideElectLeaders, type ElectLeadersResult } from './elect-leaders.ts';

/** t-0 is led by 2 though 1, back and in sync, is preferred; t-1 is led by its preferred replica 3. */
function imbalanced(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2, 3]);
  harness.createTopic('t', {
    assignments: [
      [1, 2],
      [3, 2],
    ],
  });
  harness.silence(1);
  harness.heartbeat(1);
  const { topics, cluster } = harness.state.image;
  const wish = {
    partitionIndex: 0,
    leaderEpoch: 1,
    newIsr: [2, 1],
    newIsrWithEpochs: [],
    leaderRecoveryState: 0,
    partitionEpoch: 1,
  };
  const topicId = topics.get('t')?.id ?? '';
  const request = { brokerId: 2, brokerEpoch: cluster.brokerEpoch(2), topics: [{ topicId, partitions: [wish] }] };
  harness.decide((context) => decideAlterPartition(context, request));
  return harness;
}

function elect(harness: CoreHarness, electionType: number, partitions?: number[], topic = 't'): ElectLeadersResult {
  const topicPartitions = partitions === undefined ? null : [{ topic, partitions }];
  return harness.decide((context) => decideElectLeaders(context, { electionType, topicPartitions, timeoutMs: 1 }));
}

const codes = ({ replicaElectionResults }: ElectLeadersResult): unknown =>
  replicaElectionResults.flatMap(({ partitionResult }) => partitionResult.map((r) => [r.partitionId, r.errorCode]));

describe('ElectLeaders', () => {
  it('elects the preferred leader', () => {
    const harness = imbalanced();
    expect(codes(elect(harness, 0, [0]))).toEqual([[0, ErrorCode.NONE]]);
    expect(harness.partition('t')).toMatchObject({ leader: 1, leaderEpoch: 2, isr: [2, 1] });
  });

  it('tells only of partitions that needed it when asked for all', () => {
    expect(codes(elect(imbalanced(), 0))).toEqual([[0, ErrorCode.NONE]]);
  });

  it('says when there is nothing to do, or nothing there', () => {
    const harness = imbalanced();
    expect(codes(elect(harness, 0, [1]))).toEqual([[1, ErrorCode.ELECTION_NOT_NEEDED]]);
    expect(codes(elect(harness, 1, [0]))).toEqual([[0, ErrorCode.ELECTION_NOT_NEEDED]]);
    expect(codes(elect(harness, 0, [5]))).toEqual([[5, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]]);
    expect(codes(elect(harness, 0, [0], 'u'))).toEqual([[0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]]);
    expect(elect(harness, 9).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  it('says when the preferred leader is not there', () => {
    const harness = imbalanced();
    harness.silence(1);
    expect(codes(elect(harness, 0, [0]))).toEqual([[0, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]]);
  });

  it('elects a replica that lacks data when told to', () => {
    const harness = imbalanced();
    harness.silence(1);
    harness.silence(2);
    expect(harness.partition('t').leader).toBe(-1);
    expect(codes(elect(harness, 1, [0]))).toEqual([[0, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]]);
    harness.heartbeat(1);
    expect(harness.partition('t').leader).toBe(-1);
    expect(codes(elect(harness, 1, [0]))).toEqual([[0, ErrorCode.NONE]]);
    expect(harness.partition('t')).toMatchObject({ leader: 1, isr: [1], leaderRecoveryState: 1 });
  });

  it('goes back to preferred leaders by itself', () => {
    const harness = imbalanced();
    harness.apply(decideBalancePreferredLeaders(harness.context).records);
    expect(harness.partition('t').leader).toBe(1);
    expect(decideBalancePreferredLeaders(harness.context)).toEqual({ records: [], unfinished: false });
  });
});
