import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideAlterPartitionReassignments } from './alter-partition-reassignments.ts';
import { decideListPartitionReassignments } from './list-partition-reassignments.ts';

function cluster(): CoreHarness {
  const harness = new CoreHarness();
  harness.bringUp([1, 2, 3, 4]);
  harness.createTopic('t', { assignments: [[1, 2, 3]] });
  return harness;
}

function reassign(
  harness: CoreHarness,
  replicas: number[] | null,
  options: { resize?: boolean; topic?: string } = {},
): number {
  const topics = [{ name: options.topic ?? 't', partitions: [{ partitionIndex: 0, replicas }] }];
  const request = { timeoutMs: 1, allowReplicationFactorChange: options.resize ?? true, topics };
  const { responses } = harness.decide((context) => decideAlterPartitionReassignments(context, request));
  return responses[0]?.partitions[0]?.errorCode ?? -1;
}

function listed(harness: CoreHarness): unknown {
  return harness.decide((context) => decideListPartitionReassignments(context, { timeoutMs: 1, topics: null })).topics;
}

describe('AlterPartitionReassignments', () => {
  it('begins a move over old and new replicas together', () => {
    const harness = cluster();
    expect(reassign(harness, [1, 2, 4])).toBe(ErrorCode.NONE);
    const move = { replicas: [1, 2, 4, 3], addingReplicas: [4], removingReplicas: [3] };
    expect(harness.partition('t')).toMatchObject({ ...move, isr: [1, 2, 3], leader: 1, leaderEpoch: 0 });
    expect(listed(harness)).toEqual([{ name: 't', partitions: [{ partitionIndex: 0, ...move }] }]);
  });

  it('changes where a move is going', () => {
    const harness = cluster();
    reassign(harness, [1, 2, 4]);
    expect(reassign(harness, [2, 3, 4])).toBe(ErrorCode.NONE);
    const move = { replicas: [2, 3, 4, 1], addingReplicas: [4], removingReplicas: [1] };
    expect(harness.partition('t')).toMatchObject(move);
  });

  it('takes a move back', () => {
    const harness = cluster();
    reassign(harness, [1, 2, 4]);
    expect(reassign(harness, null)).toBe(ErrorCode.NONE);
    const before = { addingReplicas: [], removingReplicas: [], isr: [1, 2, 3] };
    expect(harness.partition('t')).toMatchObject(before);
    expect(harness.partition('t').replicas.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(listed(harness)).toEqual([]);
  });

  it('is done at once when only the order changes', () => {
    const harness = cluster();
    expect(reassign(harness, [3, 2, 1])).toBe(ErrorCode.NONE);
    expect(harness.partition('t')).toMatchObject({ replicas: [3, 2, 1], leader: 1, leaderEpoch: 0 });
    expect(listed(harness)).toEqual([]);
  });

  it('is done at once when replicas only leave', () => {
    const harness = cluster();
    expect(reassign(harness, [2, 3])).toBe(ErrorCode.NONE);
    expect(harness.partition('t')).toMatchObject({ replicas: [2, 3], isr: [2, 3], leader: 2, leaderEpoch: 1 });
  });

  const refusals: [string, number[] | null, { resize?: boolean; topic?: string }, ErrorCode][] = [
    ['an unknown topic', [1], { topic: 'u' }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['no replicas', [], {}, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['a replica twice', [1, 1], {}, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an unknown broker', [1, 9], {}, ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['another factor when that is not allowed', [1, 2], { resize: false }, ErrorCode.INVALID_REPLICATION_FACTOR],
    ['to take back what is not under way', null, {}, ErrorCode.NO_REASSIGNMENT_IN_PROGRESS],
  ];
  it.each(refusals)('refuses %s', (_what, replicas, options, errorCode) => {
    const harness = cluster();
    const before = harness.nextOffset;
    expect(reassign(harness, replicas, options)).toBe(errorCode);
    expect(harness.nextOffset).toBe(before);
  });
});
