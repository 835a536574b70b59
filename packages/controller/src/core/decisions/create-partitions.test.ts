import { ErrorCode } from '@tidelog/protocol';
import { describe, expect, it } from 'vitest';
import { CoreHarness } from '../../testing/core-harness.ts';
import { decideCreatePartitions } from './create-partitions.ts';

function cluster(): CoreHarness {
  const harness = new CoreHarness({ maxPartitionsPerRequest: 100 });
  harness.bringUp([1, 2, 3]);
  harness.register(4);
  harness.createTopic('t', { numPartitions: 2, replicationFactor: 2 });
  return harness;
}

function grow(harness: CoreHarness, count: number, assignments: number[][] | null = null, name = 't'): number {
  const topics = [{ name, count, assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null }];
  const request = { topics, timeoutMs: 1, validateOnly: false };
  return harness.decide((context) => decideCreatePartitions(context, request)).results[0]?.errorCode ?? -1;
}

describe('CreatePartitions', () => {
  it('adds partitions with as many replicas as the others have', () => {
    const harness = cluster();
    expect(grow(harness, 5)).toBe(ErrorCode.NONE);
    expect(harness.state.image.topics.get('t')?.partitions.size).toBe(5);
    expect(harness.partition('t', 4).replicas).toHaveLength(2);
  });

  it('adds partitions as they are assigned', () => {
    const harness = cluster();
    expect(
      grow(harness, 4, [
        [3, 1],
        [2, 4],
      ]),
    ).toBe(ErrorCode.NONE);
    expect(harness.partition('t', 2)).toMatchObject({ replicas: [3, 1], isr: [3, 1], leader: 3 });
    expect(harness.partition('t', 3)).toMatchObject({ replicas: [2, 4], isr: [2], leader: 2 });
  });

  const refusals: [string, number, number[][] | null, ErrorCode][] = [
    ['as many as there are', 2, null, ErrorCode.INVALID_PARTITIONS],
    ['fewer than there are', 1, null, ErrorCode.INVALID_PARTITIONS],
    ['absurdly many', 103, null, ErrorCode.POLICY_VIOLATION],
    ['too few assignments', 4, [[1, 2]], ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['another replication factor', 3, [[1]], ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['an unknown broker', 3, [[1, 9]], ErrorCode.INVALID_REPLICA_ASSIGNMENT],
    ['a replica twice', 3, [[1, 1]], ErrorCode.INVALID_REPLICA_ASSIGNMENT],
  ];
  it.each(refusals)('refuses %s', (_what, count, assignments, errorCode) => {
    const harness = cluster();
    expect(grow(harness, count, assignments)).toBe(errorCode);
    expect(harness.state.image.topics.get('t')?.partitions.size).toBe(2);
  });

  it('refuses an unknown topic and a topic that comes twice', () => {
    const harness = cluster();
    expect(grow(harness, 3, null, 'u')).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    const topic = { name: 't', count: 3, assignments: null };
    const request = { topics: [topic, topic], timeoutMs: 1, validateOnly: false };
    const { results } = harness.decide((context) => decideCreatePartitions(context, request));
    expect(results.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.INVALID_REQUEST]);
  });
});
