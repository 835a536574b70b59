import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { commitOffset } from '../../../../testing/classic-members.ts';
import { ConsumerMembers, type TestConsumer } from '../../../../testing/consumer-members.ts';
import { GroupBench, idOf, type GroupBenchOptions } from '../../../../testing/group-bench.ts';

function members(partitions = 6, options: GroupBenchOptions = {}): ConsumerMembers {
  const bench = new GroupBench(options);
  bench.createTopic('t', partitions);
  return new ConsumerMembers(bench);
}

test('the first member gets everything at once', () => {
  const group = members();
  expect(group.join('a')).toBe('epoch 1, has 6');
  expect(group.beat('a')).toBe('epoch 1');
  expect(group.state).toBe('Stable');
});

test('a second member gets its half when the first has given it up', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  expect(group.join('b')).toBe('epoch 2, has 0');
  expect(group.state).toBe('Reconciling');
  expect(group.beat('b')).toBe('epoch 2');
  expect(group.beat('a')).toBe('epoch 1, has 3');
  expect(group.beat('b')).toBe('epoch 2');
  expect(group.beat('a')).toBe('epoch 2');
  expect(group.beat('b')).toBe('epoch 2, has 3');
  expect(group.state).toBe('Stable');
});

test('a new assignment is computed once an interval, for all who came meanwhile', () => {
  const group = members(6, { timings: { assignmentIntervalMs: 1000 } });
  group.join('a');
  group.join('b');
  group.join('c');
  expect(group.state).toBe('Assigning');
  expect(group.beat('a')).toBe('epoch 1');
  group.bench.wait(1000);
  expect(group.beat('a')).toBe('epoch 1, has 2');
  group.settle(3);
  expect(group.counts()).toEqual({ a: 2, b: 2, c: 2 });
});

test('a member that leaves disturbs nobody else, at no moment', () => {
  const group = members(9);
  for (const name of ['a', 'b', 'c']) group.join(name);
  group.settle();
  const before = new Map(Array.from(group.consumers.values(), ({ name, owned }) => [name, owned]));
  expect(group.leave('c')).toBe('NONE');
  for (let i = 0; i < 20; i++) {
    group.settle(1);
    for (const name of ['a', 'b']) {
      for (const entry of before.get(name) ?? []) expect(group.consumers.get(name)?.owned).toContain(entry);
    }
  }
  expect(group.owners().size).toBe(9);
});

test('epochs that are ahead or long gone are fenced; the previous one is a retry', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  group.join('b');
  group.settle(3);
  const consumer = group.consumers.get('a');
  if (consumer === undefined) throw new Error('a is gone');
  const at = (epoch: number): ErrorCode =>
    (group.send(consumer.at(epoch), { isFull: false }).response?.errorCode ?? -1) as ErrorCode;
  expect(at(consumer.epoch)).toBe(ErrorCode.NONE);
  expect(at(consumer.epoch - 1)).toBe(ErrorCode.NONE);
  expect(at(consumer.epoch + 1)).toBe(ErrorCode.FENCED_MEMBER_EPOCH);
  expect(at(-3)).toBe(ErrorCode.INVALID_REQUEST);
  expect(group.beat('nobody')).toBe('INVALID_REQUEST');
});

test('a silent member is fenced and its partitions go to the others', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  group.join('b');
  group.settle(3);
  for (let i = 0; i < 46; i++) {
    group.bench.wait(1000);
    group.beat('b');
  }
  expect(group.beat('a')).toBe('UNKNOWN_MEMBER_ID');
  expect(group.counts()['b']).toBe(6);
});

test('a member that does not give up what it must is fenced after its rebalance timeout', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  group.join('b');
  group.beat('a');
  const consumer = group.consumers.get('a');
  if (consumer === undefined) throw new Error('a is gone');
  const all = new Set(Array.from({ length: 6 }, (_, i) => `${idOf('t')}/${i}`));
  const stubborn = consumer.at(consumer.epoch, all);
  for (let i = 0; i < 31; i++) {
    group.bench.wait(1000);
    group.send(stubborn, { isFull: false });
    group.beat('b');
  }
  expect(group.beat('a')).toBe('UNKNOWN_MEMBER_ID');
  group.settle(3);
  expect(group.counts()['b']).toBe(6);
});

test('a member that has given up what it had to has its rebalance timeout anew for what it is asked next', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  group.join('b');
  expect(group.beat('a')).toBe('epoch 1, has 3');
  group.bench.wait(20_000);
  group.join('c');
  expect(group.beat('a')).toBe('epoch 1, has 2');
  group.bench.wait(20_000);
  expect(group.beat('a')).toBe('epoch 3');
});

test('only members at their epoch commit, or those who had the partition before', () => {
  const group = members();
  group.join('a');
  const commit = (generationId: number, partition = 0): string =>
    commitOffset(group.bench, { groupId: 'g', memberId: 'a', generationId, offset: 1, partition });
  expect(commit(1)).toBe('NONE');
  expect(commit(2)).toBe('STALE_MEMBER_EPOCH');
  group.bench.wait(1000);
  group.join('b');
  group.settle(3);
  const kept = [...(group.consumers.get('a')?.owned ?? [])].map((entry) => Number(entry.split('/')[1]));
  const lost = [0, 1, 2, 3, 4, 5].find((partition) => !kept.includes(partition));
  expect(commit(1, kept[0])).toBe('NONE');
  expect(commit(1, lost)).toBe('STALE_MEMBER_EPOCH');
  const anonymous = { groupId: 'g', memberId: '', generationId: -1, offset: 1 };
  expect(commitOffset(group.bench, anonymous)).toBe('UNKNOWN_MEMBER_ID');
  const old = { groupId: 'g', memberId: 'a', generationId: 2, offset: 1, apiVersion: 8 };
  expect(commitOffset(group.bench, old)).toBe('UNSUPPORTED_VERSION');
});

test('a static member takes its place again under a new id, if it said that it would', () => {
  const group = members();
  group.join('a', { topics: ['t'], instanceId: 'A' });
  group.join('b2', { topics: ['t'], instanceId: 'B' });
  group.settle(4);
  expect(group.join('c', { topics: ['t'], instanceId: 'B' })).toBe('UNRELEASED_INSTANCE_ID');
  group.consumers.delete('c');
  const epochBefore = group.bench.core.groups.get('g');
  if (epochBefore?.kind !== 'consumer') throw new Error('no group');
  const { groupEpoch } = epochBefore;
  expect(group.leave('b2', -2)).toBe('NONE');
  expect(group.state).toBe('Reconciling');
  group.consumers.delete('b2');
  expect(group.join('b3', { topics: ['t'], instanceId: 'B' })).toMatch(/has 3$/);
  expect(epochBefore.groupEpoch).toBe(groupEpoch);
  group.settle(2);
  expect(group.owners().size).toBe(6);
});

test('patterns follow the topics that come and go', () => {
  const group = members(2);
  group.join('a', { regex: 't.*' });
  expect(group.counts()).toEqual({ a: 2 });
  group.bench.createTopic('t2', 3);
  group.settle(2);
  expect(group.counts()).toEqual({ a: 5 });
  group.bench.deleteTopic(idOf('t'));
  group.settle(3);
  expect(group.counts()).toEqual({ a: 3 });
  expect(group.join('b', { regex: 't[' })).toBe('INVALID_REGULAR_EXPRESSION');
});

test('assignors are voted for; range keeps co-partitioned topics together', () => {
  const group = members(4);
  group.bench.createTopic('u', 4);
  expect(group.join('a', { topics: ['t', 'u'], assignor: 'other' })).toBe('UNSUPPORTED_ASSIGNOR');
  group.join('a', { topics: ['t', 'u'], assignor: 'range' });
  group.join('b', { topics: ['t', 'u'], assignor: 'range' });
  group.settle(4);
  const ofA = [...(group.consumers.get('a')?.owned ?? [])];
  expect(ofA.filter((entry) => entry.startsWith(idOf('t'))).map((entry) => entry.slice(-1))).toEqual(
    ofA.filter((entry) => entry.startsWith(idOf('u'))).map((entry) => entry.slice(-1)),
  );
  expect(group.counts()).toEqual({ a: 4, b: 4 });
});

test('what could not be written never was', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  group.bench.holds = true;
  expect(group.join('b')).toBe('waits');
  group.bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  group.bench.holds = false;
  expect(group.beat('a')).toBe('epoch 1');
  expect(group.state).toBe('Stable');
  expect(group.join('b')).toBe('epoch 2, has 0');
});

test('an empty group of either protocol makes room for the other', () => {
  const group = members();
  group.join('a');
  group.leave('a');
  expect(commitOffset(group.bench, { groupId: 'g', memberId: '', generationId: -1, offset: 7 })).toBe('NONE');
  group.bench.failOver();
  expect(group.state).toBe('Empty');
  expect(group.bench.core.groups.get('g')?.kind).toBe('consumer');
});

test('a group is the same after a fail-over', () => {
  const group = members(7);
  for (const name of ['a', 'b', 'c']) group.join(name);
  group.settle(5);
  const before = group.bench.core.groups.get('g');
  group.bench.failOver();
  const after = group.bench.core.groups.get('g');
  if (before?.kind !== 'consumer' || after?.kind !== 'consumer') throw new Error('no group');
  expect(after.members).toEqual(before.members);
  expect(after.targets).toEqual(before.targets);
  expect([after.groupEpoch, after.assignmentEpoch]).toEqual([before.groupEpoch, before.assignmentEpoch]);
  for (const name of ['a', 'b', 'c']) expect(group.beat(name)).toBe(`epoch ${after.groupEpoch}`);
});

test('texts that cannot be written again are refused', () => {
  const group = members();
  const tooLong = '\u{fffd}'.repeat(20_000);
  expect(group.join(tooLong)).toBe('INVALID_REQUEST');
  expect(group.join('a', { topics: ['t', tooLong] })).toBe('INVALID_REQUEST');
  expect(group.join('a', { topics: ['t'], instanceId: tooLong })).toBe('INVALID_REQUEST');
  expect(group.join('a', { topics: ['t'], rackId: tooLong })).toBe('INVALID_REQUEST');
  expect(group.state).toBe('none');
});

test('new topics find their owner although the first attempt could not be written', () => {
  const group = members(2);
  group.join('a', { regex: 't.*' });
  group.bench.wait(1000);
  group.bench.createTopic('t2', 3);
  group.bench.holds = true;
  expect(group.beat('a')).toBe('waits');
  group.bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  group.bench.holds = false;
  group.settle(2);
  expect(group.counts()).toEqual({ a: 5 });
});

test('a member that begins anew is told what it has, whatever its epoch was', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  group.join('b');
  group.settle(3);
  expect(group.join('a')).toBe('epoch 2, has 3');
  group.join('s', { topics: ['t'], instanceId: 'S' });
  group.settle(4);
  expect(group.join('s', { topics: ['t'], instanceId: 'S' })).toBe('epoch 3, has 2');
  expect(group.state).toBe('Stable');
});

test('a member is told what it has when an old request to join, which came late, has moved it to another epoch', () => {
  const group = members();
  group.join('a');
  group.bench.wait(1000);
  group.join('b');
  const a = group.consumers.get('a') as TestConsumer;
  group.send(a.at(0, new Set()), { isFull: true });
  const { response } = group.send(a.at(1, null), { isFull: false });
  expect(response?.memberEpoch).toBe(2);
  expect(response?.assignment?.topicPartitions.flatMap(({ partitions }) => partitions)).toHaveLength(3);
  expect(group.send(a.at(2, null), { isFull: false }).response?.assignment).toBeNull();
});

test('a member under another instance id is no longer found under its former one', () => {
  const group = members();
  group.join('a', { topics: ['t'], instanceId: 'A' });
  group.join('a', { topics: ['t'], instanceId: 'B' });
  const { core } = group.bench;
  const found = core.groups.get('g');
  expect(found?.kind === 'consumer' && [...found.staticMembers]).toEqual([['B', 'a']]);
  expect(group.counts()).toEqual({ a: 6 });
});

test('a hostile pattern is refused, and the group beside it goes on', () => {
  const group = members();
  group.join('a');
  const hostile = new ConsumerMembers(group.bench, 'hostile');
  for (const regex of ['(?:.{0,1000})'.repeat(100), 'x{1000}{1000}', '(', 'x'.repeat(5000)]) {
    expect(hostile.join('h', { regex })).toBe('INVALID_REGULAR_EXPRESSION');
  }
  expect(hostile.state).toBe('none');
  expect(group.beat('a')).toBe('epoch 1');
});

/** Beats as told until the time is over; whoever is told to own something else says at once that it does. */
function runFor(group: ConsumerMembers, ms: number, due: Map<string, number>): void {
  for (const end = group.bench.now + ms; group.bench.now < end; group.bench.wait(10)) {
    for (const { name } of group.consumers.values()) {
      if ((due.get(name) ?? 0) > group.bench.now) continue;
      const changed = group.beat(name).includes('has');
      due.set(name, group.bench.now + (changed ? 10 : (group.consumers.get(name)?.heartbeatIntervalMs ?? 0)));
    }
  }
}

test('a hundred consumers of 300 partitions are stable 1.5 s after the last has joined', () => {
  const group = members(300);
  const due = new Map<string, number>();
  for (let i = 0; i < 100; i++) {
    group.join(`m${i}`);
    due.set(`m${i}`, group.bench.now + (group.consumers.get(`m${i}`)?.heartbeatIntervalMs ?? 0));
    runFor(group, 30, due);
  }
  runFor(group, 1500, due);
  expect(group.state).toBe('Stable');
  expect(new Set(Object.values(group.counts()))).toEqual(new Set([3]));
  runFor(group, 20_000, due);
  expect(group.consumers.get('m0')?.heartbeatIntervalMs).toBe(5000);
});
