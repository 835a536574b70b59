import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { ClassicMembers, commitOffset } from '../../../../testing/classic-members.ts';
import { GroupBench, type GroupBenchOptions } from '../../../../testing/group-bench.ts';

function members(options: GroupBenchOptions = {}): ClassicMembers {
  return new ClassicMembers(new GroupBench(options));
}

/** A stable group of a and b, led by a. */
function stablePair(options: GroupBenchOptions = {}): ClassicMembers {
  const group = members(options);
  group.join('a');
  group.join('b');
  group.bench.wait(6000);
  group.told('a');
  group.told('b');
  group.sync('a', { a: '0', b: '1' });
  group.sync('b');
  return group;
}

test('the first members wait for more, then one of them leads', () => {
  const group = members();
  expect(group.join('a')).toBe('waits');
  group.bench.wait(2999);
  expect(group.join('b')).toBe('waits');
  group.bench.wait(1);
  expect(group.told('a')).toBe('waits');
  group.bench.wait(3000);
  expect(group.told('a')).toBe('generation 1 of range, leads a-1 b-2');
  expect(group.told('b')).toBe('generation 1 of range, after a-1');
});

test('the initial delay is not extended beyond the rebalance timeout', () => {
  const group = members();
  for (let i = 0; i < 10; i++) {
    group.join(`m${i}`, { rebalanceTimeoutMs: 7000 });
    group.bench.wait(1000);
  }
  expect(group.told('m0')).toContain('generation 1');
});

test('everybody gets a part once the assignment of the leader is committed', () => {
  const group = members({ config: { initialRebalanceDelayMs: 0 } });
  group.join('a');
  group.bench.wait(0);
  group.told('a');
  group.join('b');
  expect(group.join('a')).toBe('generation 2 of range, leads a-1 b-2');
  expect(group.told('b')).toBe('generation 2 of range, after a-1');
  group.bench.holds = true;
  expect(group.sync('b')).toBe('waits');
  expect(group.sync('a', { a: 'zero', b: 'one' })).toBe('waits');
  group.bench.commit();
  expect([group.synced('a'), group.synced('b'), group.state]).toEqual(['gets zero', 'gets one', 'Stable']);
});

test('an assignment that cannot be written sends everybody back to join', () => {
  const group = stablePair();
  group.join('a', { metadata: 'other' });
  group.join('b');
  group.told('a');
  group.told('b');
  group.bench.holds = true;
  group.sync('b');
  group.sync('a', { a: '0' });
  group.bench.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect([group.synced('a'), group.synced('b')]).toEqual(['COORDINATOR_NOT_AVAILABLE', 'COORDINATOR_NOT_AVAILABLE']);
  expect(group.state).toBe('PreparingRebalance');
});

test('heartbeats are fine while the rebalance completes, and tell of one that is prepared', () => {
  const group = stablePair();
  expect(group.heartbeat('b')).toBe('NONE');
  group.join('c');
  expect(group.state).toBe('PreparingRebalance');
  expect(group.heartbeat('b')).toBe('REBALANCE_IN_PROGRESS');
  group.join('a');
  group.join('b');
  group.told('b');
  expect(group.state).toBe('CompletingRebalance');
  expect(group.heartbeat('b')).toBe('NONE');
});

test('zombies are refused by member, generation and instance', () => {
  const group = stablePair();
  expect(group.commit('b', 5)).toBe('NONE');
  expect(group.heartbeat('nobody')).toBe('UNKNOWN_MEMBER_ID');
  group.ids.set('late', { memberId: 'b-2', generationId: 0 });
  expect(group.heartbeat('late')).toBe('ILLEGAL_GENERATION');
  expect(group.commit('late', 3)).toBe('ILLEGAL_GENERATION');
  expect(group.commit(undefined, 3)).toBe('UNKNOWN_MEMBER_ID');
  expect(group.commit('nobody', 3)).toBe('UNKNOWN_MEMBER_ID');
});

test('commits wait while the rebalance completes', () => {
  const group = stablePair();
  group.join('c');
  expect(group.commit('a', 1)).toBe('NONE');
  group.join('a');
  group.join('b');
  group.told('a');
  expect(group.commit('a', 1)).toBe('REBALANCE_IN_PROGRESS');
});

test('a silent member goes when its session has run out', () => {
  const group = stablePair();
  group.bench.wait(9999);
  group.heartbeat('a');
  group.bench.wait(1);
  expect(group.state).toBe('PreparingRebalance');
  expect(group.heartbeat('b')).toBe('UNKNOWN_MEMBER_ID');
  expect(group.join('a')).toBe('generation 2 of range, leads a-1');
});

test('dynamic members that miss the rebalance are dropped when it ends', () => {
  const group = stablePair();
  group.join('a', { metadata: 'new' });
  for (let i = 0; i < 7; i++) {
    expect(group.heartbeat('b')).toBe('REBALANCE_IN_PROGRESS');
    group.bench.wait(9000);
  }
  expect(group.told('a')).toBe('generation 2 of range, leads a-1');
  expect(group.heartbeat('b')).toBe('UNKNOWN_MEMBER_ID');
});

test('a member that never syncs is dropped after the rebalance timeout', () => {
  const group = members({ config: { initialRebalanceDelayMs: 0 } });
  group.join('a', { rebalanceTimeoutMs: 8000 });
  group.bench.wait(0);
  group.told('a');
  group.bench.wait(8000);
  expect(group.heartbeat('a')).toBe('UNKNOWN_MEMBER_ID');
});

test('a new member first gets an id from v4 on', () => {
  const group = members();
  expect(group.join('a', { apiVersion: 4 })).toBe('MEMBER_ID_REQUIRED');
  expect(group.join('a', { apiVersion: 4 })).toBe('waits');
  group.bench.wait(3000);
  expect(group.told('a')).toBe('generation 1 of range, leads a-1');
});

test('an id that is never used is forgotten, and does not hold up the others', () => {
  const group = stablePair();
  group.join('c', { apiVersion: 4 });
  group.join('a', { metadata: 'new' });
  group.join('b');
  expect(group.told('a')).toBe('waits');
  group.bench.wait(10_000);
  expect(group.told('a')).toBe('generation 2 of range, leads a-1 b-2');
});

test('the protocol is the one that most prefer among those that all support', () => {
  const group = members();
  group.join('a', { protocols: ['x', 'y', 'z'] });
  group.join('b', { protocols: ['z', 'y'] });
  group.join('c', { protocols: ['y', 'z'] });
  expect(group.join('d', { protocols: ['x'] })).toBe('INCONSISTENT_GROUP_PROTOCOL');
  expect(group.join('e', { protocolType: 'connect' })).toBe('INCONSISTENT_GROUP_PROTOCOL');
  group.bench.wait(10_000);
  expect(group.told('a')).toContain('of y');
});

test('a follower that rejoins unchanged changes nothing; the leader always does', () => {
  const group = stablePair();
  expect(group.join('b')).toBe('generation 1 of range, after a-1');
  expect(group.join('a')).toBe('waits');
  expect(group.state).toBe('PreparingRebalance');
});

test('a group takes no more members than group.max.size', () => {
  const group = stablePair({ config: { maxSize: 2 } });
  expect(group.join('c')).toBe('GROUP_MAX_SIZE_REACHED');
  expect(group.state).toBe('Stable');
});

test('session timeouts outside the limits are refused', () => {
  const group = members();
  expect(group.join('a', { sessionTimeoutMs: 5999 })).toBe('INVALID_SESSION_TIMEOUT');
  expect(group.join('a', { sessionTimeoutMs: 1_800_001 })).toBe('INVALID_SESSION_TIMEOUT');
});

test('members that leave make an empty group that remembers its generation', () => {
  const group = stablePair();
  expect(group.leave('b')).toBe('NONE');
  expect(group.leave('a')).toBe('NONE');
  expect(group.leave('a')).toBe('UNKNOWN_MEMBER_ID');
  expect(group.state).toBe('Empty');
  group.bench.failOver();
  expect(group.state).toBe('Empty');
  group.ids.clear();
  group.join('c');
  group.bench.wait(6000);
  expect(group.told('c')).toContain('generation 3');
});

function staticPair(): ClassicMembers {
  const group = members();
  group.join('a', { instanceId: 'A' });
  group.join('b', { instanceId: 'B' });
  group.bench.wait(6000);
  group.told('a');
  group.told('b');
  group.sync('a', { a: '0', b: '1' });
  group.sync('b');
  return group;
}

test('a static member that comes back takes its place without a rebalance and fences its former self', () => {
  const group = staticPair();
  expect(group.join('b', { instanceId: 'B', memberId: '' })).toBe('generation 1 of range, after A-1');
  expect(group.idOf('b').memberId).toBe('B-3');
  expect(group.sync('b')).toBe('gets 1');
  group.ids.set('zombie', { memberId: 'B-2', generationId: 1 });
  expect(group.heartbeat('zombie', 'B')).toBe('FENCED_INSTANCE_ID');
  expect(group.state).toBe('Stable');
});

test('a static leader that comes back is told to skip the assignment, or that its former self leads', () => {
  const group = staticPair();
  expect(group.join('a', { instanceId: 'A', memberId: '', apiVersion: 9 })).toBe(
    'generation 1 of range, leads B-2 A-3, skips',
  );
  expect(group.join('a', { instanceId: 'A', memberId: '', apiVersion: 5 })).toBe('generation 1 of range, after A-3');
});

test('a static member whose return cannot be written is its former self again', () => {
  const group = staticPair();
  group.bench.holds = true;
  group.join('b', { instanceId: 'B', memberId: '' });
  group.bench.fail(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  expect(group.told('b')).toBe('COORDINATOR_NOT_AVAILABLE');
  group.ids.set('b', { memberId: 'B-2', generationId: 1 });
  expect(group.heartbeat('b', 'B')).toBe('NONE');
});

test('static members that miss a rebalance stay', () => {
  const group = staticPair();
  group.join('c');
  for (let i = 0; i < 7; i++) {
    group.heartbeat('a', 'A');
    group.heartbeat('b', 'B');
    group.bench.wait(9000);
  }
  expect(group.told('c')).toBe('generation 2 of range, leads A-1 B-2 c-3');
});

test('members and assignments survive the fail-over of the coordinator', () => {
  const group = stablePair();
  group.bench.failOver();
  expect([group.state, group.heartbeat('a'), group.heartbeat('b')]).toEqual(['Stable', 'NONE', 'NONE']);
  expect(group.sync('b')).toBe('gets 1');
  group.bench.wait(10_000);
  expect(group.state).toBe('Empty');
});

test('whoever waits when the coordinator moves away hears so', () => {
  const group = stablePair();
  group.join('c');
  group.bench.failOver();
  expect(group.told('c')).toBe('NOT_COORDINATOR');
});

test('a static member whose return is on its way when the coordinator moves away hears so', () => {
  const group = staticPair();
  group.bench.holds = true;
  expect(group.join('b', { instanceId: 'B', memberId: '' })).toBe('waits');
  group.bench.failOver();
  expect(group.told('b')).toBe('NOT_COORDINATOR');
});

test('a protocol that a member names twice counts once', () => {
  const group = members();
  group.join('a', { protocols: ['range', 'range'] });
  group.join('b');
  group.bench.wait(6000);
  expect(group.told('a')).toBe('generation 1 of range, leads a-1 b-2');
  group.told('b');
  group.leave('a');
  expect(group.join('b')).toBe('generation 2 of range, leads b-2');
});

test('texts that cannot be written again are refused', () => {
  const group = members();
  const tooLong = '\u{fffd}'.repeat(20_000);
  expect(group.join(tooLong)).toBe('INVALID_REQUEST');
  expect(group.join('x'.repeat(32_740))).toBe('INVALID_REQUEST');
  expect(group.join('a', { memberId: tooLong })).toBe('INVALID_REQUEST');
  expect(group.join('a', { instanceId: tooLong })).toBe('INVALID_REQUEST');
  expect(group.join('a', { protocols: [tooLong] })).toBe('INVALID_REQUEST');
  expect(group.join('a', { protocolType: tooLong })).toBe('INVALID_REQUEST');
  expect(group.state).toBe('none');
});

test('whoever joined a group that was undone with a refused append asks again', () => {
  const group = members();
  group.bench.createTopic('t', 1);
  group.bench.holds = true;
  commitOffset(group.bench, { groupId: 'other', memberId: '', generationId: -1, offset: 1 });
  expect(group.join('a')).toBe('waits');
  group.bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  group.bench.holds = false;
  expect(group.told('a')).toBe('COORDINATOR_NOT_AVAILABLE');
  expect(group.state).toBe('none');
  expect(group.join('a')).toBe('waits');
  group.bench.wait(3000);
  expect(group.told('a')).toBe('generation 1 of range, leads a-2');
});

test('a group whose deletion cannot be written is still there', () => {
  const group = stablePair();
  for (const name of ['a', 'b']) group.leave(name);
  group.bench.holds = true;
  group.bench.ask((to) => ({ type: 'deleteGroup', groupId: 'g', to }));
  group.bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  group.bench.holds = false;
  expect(group.state).toBe('Empty');
});

test('of two that join under one instance id the later one stays', () => {
  const group = members();
  group.join('a', { instanceId: 'A' });
  expect(group.join('b', { instanceId: 'A' })).toBe('waits');
  expect(group.told('a')).toBe('FENCED_INSTANCE_ID');
  group.bench.wait(6000);
  expect(group.told('b')).toBe('generation 1 of range, leads A-2');
});

test('ten thousand that join at once make one generation, and the group beside them goes on', () => {
  const bench = new GroupBench();
  bench.createTopic('t', 1);
  const beside = new ClassicMembers(bench, 'beside');
  beside.join('a');
  bench.wait(3000);
  beside.told('a');
  beside.sync('a', { a: '0' });
  const crowd = new ClassicMembers(bench);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 10_000; i++) {
    expect(crowd.join(`m${i}`, { apiVersion: 9 })).toBe('MEMBER_ID_REQUIRED');
    expect(crowd.join(`m${i}`, { apiVersion: 9 })).toBe('waits');
    if (i % 1000 === 0) expect([beside.heartbeat('a'), beside.commit('a', i)]).toEqual(['NONE', 'NONE']);
  }
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200e6);
  bench.wait(6000);
  expect(crowd.told('m0')).toMatch(/^generation 1 of range, leads/);
  expect(crowd.told('m9999')).toBe('generation 1 of range, after m0-1');
  expect([beside.heartbeat('a'), beside.state]).toEqual(['NONE', 'Stable']);
});

test('static members that miss a rebalance are waited for in time, although they said that they need none', () => {
  const group = members();
  for (const [name, instanceId] of Object.entries({ a: 'A', b: 'B' })) {
    group.join(name, { instanceId, rebalanceTimeoutMs: 0 });
  }
  group.bench.wait(0);
  for (const name of ['a', 'b']) group.told(name);
  group.sync('a', { a: '0', b: '1' });
  group.sync('b');
  expect([group.leave('b'), group.state]).toEqual(['NONE', 'PreparingRebalance']);
  expect(group.bench.core.nextDeadline()).toBeGreaterThan(group.bench.now);
  group.bench.wait(5000);
  expect(group.join('a', { instanceId: 'A' })).toBe('generation 2 of range, leads A-1');
});
