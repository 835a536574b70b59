import { Chunks } from '@tidelog/core';
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  ErrorCode,
  GroupMetadataKey,
} from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { ClassicMembers, fetchOffset } from '../../../../testing/classic-members.ts';
import { ConsumerMembers } from '../../../../testing/consumer-members.ts';
import { GroupBench, type GroupBenchOptions } from '../../../../testing/group-bench.ts';

function subscription(owned: readonly number[] = []): Buffer {
  const ownedPartitions = owned.length === 0 ? [] : [{ topic: 't', partitions: [...owned] }];
  const body = ConsumerProtocolSubscription.encode({ topics: ['t'], userData: null, ownedPartitions }, 1);
  return Buffer.concat([Buffer.from([0, 1]), body.toBuffer()]);
}

function assignment(...partitions: number[]): Buffer {
  const body = ConsumerProtocolAssignment.encode(
    { assignedPartitions: [{ topic: 't', partitions }], userData: null },
    1,
  );
  return Buffer.concat([Buffer.from([0, 1]), body.toBuffer()]);
}

class Mixed {
  readonly bench: GroupBench;
  readonly classic: ClassicMembers;
  readonly consumer: ConsumerMembers;

  /** Two classic members, stable, with three partitions each. */
  constructor(options: GroupBenchOptions = {}) {
    this.bench = new GroupBench({ timings: { assignmentIntervalMs: 0 }, ...options });
    this.bench.createTopic('t', 6);
    this.classic = new ClassicMembers(this.bench);
    this.consumer = new ConsumerMembers(this.bench);
    for (const name of ['a', 'b']) this.classic.join(name, { metadata: subscription() });
    this.bench.wait(6000);
    for (const name of ['a', 'b']) this.classic.told(name);
    this.classic.sync('a', { a: assignment(0, 1, 2), b: assignment(3, 4, 5) });
    this.classic.sync('b');
  }

  /** What a classic member has now, by its sync. */
  partitionsOf(name: string): number[] | string {
    const told = this.classic.sync(name);
    const response = this.classic.syncing.get(name)?.response;
    if (response === undefined || response.errorCode !== 0) return told;
    const decoded = ConsumerProtocolAssignment.decode(Chunks.of(response.assignment), 1, 2);
    return decoded.assignedPartitions.flatMap(({ partitions }) => partitions);
  }

  get kind(): string {
    return this.bench.core.groups.get('g')?.kind ?? 'none';
  }
}

test('a consumer of the new protocol takes its share from classic members, which never stop', () => {
  const group = new Mixed();
  group.classic.commit('a', 5);
  expect(group.consumer.join('n')).toBe('epoch 2, has 0');
  expect(group.kind).toBe('consumer');
  for (const [name, owned] of [
    ['a', [0, 1, 2]],
    ['b', [3, 4, 5]],
  ] as const) {
    expect(group.classic.heartbeat(name)).toBe('REBALANCE_IN_PROGRESS');
    group.classic.join(name, { metadata: subscription(owned) });
    const kept = group.partitionsOf(name);
    expect(kept).toHaveLength(2);
    expect(group.classic.heartbeat(name)).toBe('REBALANCE_IN_PROGRESS');
    group.classic.join(name, { metadata: subscription(kept as number[]) });
    expect(group.partitionsOf(name)).toEqual(kept);
    expect(group.classic.heartbeat(name)).toBe('NONE');
  }
  expect(group.consumer.beat('n')).toBe('epoch 2, has 2');
  expect(group.consumer.state).toBe('Stable');
  expect(group.classic.commit('a', 6)).toBe('NONE');
  expect(fetchOffset(group.bench, { groupId: 'g' })).toBe(6);
  group.bench.failOver();
  expect(group.classic.heartbeat('a')).toBe('NONE');
  expect(group.consumer.beat('n')).toBe('epoch 2');
});

test('the group is classic again when the last consumer of the new protocol is gone', () => {
  const group = new Mixed();
  group.consumer.join('n');
  expect(group.consumer.leave('n')).toBe('NONE');
  expect(group.kind).toBe('classic');
  expect(group.classic.state).toBe('PreparingRebalance');
  group.classic.join('a', { metadata: subscription() });
  group.classic.join('b', { metadata: subscription() });
  expect(group.classic.told('a')).toMatch(/^generation 4 of range/);
  group.bench.failOver();
  expect(group.kind).toBe('classic');
});

test('the policy decides', () => {
  const disabled = new Mixed({ config: { migrationPolicy: 'disabled' } });
  expect(disabled.consumer.join('n')).toBe('GROUP_ID_NOT_FOUND');
  expect(disabled.classic.heartbeat('a')).toBe('NONE');
  const upgrade = new Mixed({ config: { migrationPolicy: 'upgrade' } });
  upgrade.consumer.join('n');
  upgrade.consumer.leave('n');
  expect(upgrade.kind).toBe('consumer');
});

test('a group whose members are no consumers stays what it is', () => {
  const bench = new GroupBench();
  bench.createTopic('t', 2);
  const workers = new ClassicMembers(bench);
  workers.join('w', { protocolType: 'connect' });
  bench.wait(3000);
  workers.told('w');
  workers.sync('w');
  expect(new ConsumerMembers(bench).join('n')).toBe('GROUP_ID_NOT_FOUND');
  expect(workers.heartbeat('w')).toBe('NONE');
});

test('classic members join a consumer group by its rules', () => {
  const bench = new GroupBench({ timings: { assignmentIntervalMs: 0 } });
  bench.createTopic('t', 6);
  const consumer = new ConsumerMembers(bench);
  const classic = new ClassicMembers(bench);
  consumer.join('n');
  expect(classic.join('c', { metadata: 'nonsense' })).toBe('INCONSISTENT_GROUP_PROTOCOL');
  expect(classic.join('c', { metadata: subscription(), apiVersion: 5 })).toBe('MEMBER_ID_REQUIRED');
  expect(classic.join('c', { metadata: subscription(), apiVersion: 5 })).toMatch(/^generation 2/);
  consumer.beat('n');
  consumer.beat('n');
  expect(classic.heartbeat('c')).toBe('REBALANCE_IN_PROGRESS');
  classic.join('c', { metadata: subscription() });
  expect(classic.sync('c')).toContain('gets');
  expect(consumer.state).toBe('Stable');
  expect(classic.leave('c')).toBe('NONE');
  consumer.settle(3);
  expect(consumer.counts()).toEqual({ n: 6 });
});

test('a downgrade that cannot be written leaves nothing that acts on the group later', () => {
  const group = new Mixed();
  group.consumer.join('n');
  const stays = new Map(group.consumer.consumers);
  group.bench.holds = true;
  expect(group.consumer.leave('n')).toBe('waits');
  group.bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  group.bench.holds = false;
  expect(group.kind).toBe('consumer');
  for (const [name, consumer] of stays) group.consumer.consumers.set(name, consumer);
  const { length } = group.bench.log;
  for (let i = 0; i < 8; i++) {
    for (const name of ['a', 'b']) group.classic.heartbeat(name);
    group.consumer.beat('n');
    group.bench.wait(9000);
  }
  expect(group.kind).toBe('consumer');
  expect(group.bench.log.slice(length).map(({ key }) => key.readInt16BE(0))).not.toContain(GroupMetadataKey.recordType);
});

test('an upgrade that cannot be written leaves the classic group as it was', () => {
  const group = new Mixed();
  group.bench.holds = true;
  expect(group.consumer.join('n')).toBe('waits');
  group.bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  group.bench.holds = false;
  expect([group.kind, group.classic.state, group.classic.heartbeat('a')]).toEqual(['classic', 'Stable', 'NONE']);
  group.bench.wait(9999);
  group.classic.heartbeat('a');
  group.bench.wait(1);
  expect([group.classic.state, group.classic.heartbeat('b')]).toEqual(['PreparingRebalance', 'UNKNOWN_MEMBER_ID']);
});

test('a classic member that beats and never rejoins does not keep what others wait for', () => {
  const group = new Mixed();
  group.consumer.join('n');
  for (let i = 0; i < 7; i++) {
    expect(group.classic.heartbeat('a')).toBe('REBALANCE_IN_PROGRESS');
    group.classic.heartbeat('b');
    group.consumer.beat('n');
    group.bench.wait(9000);
  }
  expect(group.classic.heartbeat('a')).toBe('UNKNOWN_MEMBER_ID');
  group.consumer.settle(2);
  expect(group.consumer.counts()).toEqual({ n: 6 });
});

test('a classic member has its rebalance timeout to sync, and then as long as it likes', () => {
  const group = new Mixed();
  group.consumer.join('n');
  for (const name of ['a', 'b']) {
    group.classic.join(name, { metadata: subscription() });
    group.classic.join(name, { metadata: subscription() });
  }
  group.partitionsOf('a');
  for (let i = 0; i < 7; i++) {
    expect(group.classic.heartbeat('a')).toBe('NONE');
    expect(group.classic.heartbeat('b')).toBe('NONE');
    group.consumer.beat('n');
    group.bench.wait(9000);
  }
  expect(group.classic.heartbeat('b')).toBe('UNKNOWN_MEMBER_ID');
  expect(group.classic.heartbeat('a')).toBe('REBALANCE_IN_PROGRESS');
});

test('a static member that speaks the new protocol takes the place of its classic self at once', () => {
  const group = new Mixed();
  group.consumer.join('n');
  group.classic.join('s', { metadata: subscription(), instanceId: 'i' });
  expect(group.consumer.join('successor', { topics: ['t'], instanceId: 'i' })).toMatch(/^epoch/);
  expect(group.classic.heartbeat('s')).toBe('UNKNOWN_MEMBER_ID');
  expect(group.consumer.join('another', { topics: ['t'], instanceId: 'i' })).toBe('UNRELEASED_INSTANCE_ID');
});

test('the group is classic again when the last consumer of the new protocol comes back as a classic one', () => {
  const group = new Mixed();
  group.consumer.join('n', { topics: ['t'], instanceId: 'i' });
  expect(group.classic.join('s', { metadata: subscription(), instanceId: 'i' })).toBe('REBALANCE_IN_PROGRESS');
  expect(group.kind).toBe('classic');
  for (const name of ['a', 'b']) group.classic.join(name, { metadata: subscription() });
  expect(group.classic.join('s', { metadata: subscription(), instanceId: 'i' })).toMatch(/^generation/);
  expect(group.classic.told('a')).toMatch(/^generation/);
});

test('a group with more members than the other protocol may have stays what it is', () => {
  const small = new Mixed({ config: { consumerMaxSize: 1 } });
  expect(small.consumer.join('n')).toBe('GROUP_ID_NOT_FOUND');
  const large = new Mixed({ config: { maxSize: 2 } });
  large.consumer.join('n');
  large.classic.join('c', { metadata: subscription() });
  large.consumer.leave('n');
  expect(large.kind).toBe('consumer');
});
