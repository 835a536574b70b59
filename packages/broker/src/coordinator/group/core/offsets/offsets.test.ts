import { Chunks } from '@tidelog/core';
import { ErrorCode, OffsetCommitValue } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { ClassicMembers, commitOffset, fetchOffset } from '../../../../testing/classic-members.ts';
import { codeOf, GroupBench, idOf } from '../../../../testing/group-bench.ts';
import { encodeGroupRecord } from '../group-record-codec.ts';
import { OffsetRecordReader } from './offset-record-codec.ts';

const simple = { groupId: 's', memberId: '', generationId: -1 };
const dayMs = 86_400_000;

function bench(): GroupBench {
  const made = new GroupBench();
  made.createTopic('t', 2);
  return made;
}

test('offsets without a group are kept, listed and found after a fail-over', () => {
  const groups = bench();
  expect(commitOffset(groups, { ...simple, offset: 5 })).toBe('NONE');
  groups.failOver();
  expect(fetchOffset(groups, { groupId: 's' })).toBe(5);
  expect(fetchOffset(groups, { groupId: 's', partition: 1 })).toBe(-1);
  const listed = groups.ask<{ groupId: string }[]>((to) => ({ type: 'list', to })).response;
  expect(listed?.map(({ groupId }) => groupId)).toEqual(['s']);
});

test('a read waits for the commit before it, and never sees one that failed', () => {
  const groups = bench();
  commitOffset(groups, { ...simple, offset: 5 });
  groups.holds = true;
  expect(commitOffset(groups, { ...simple, offset: 6 })).toBe('waits');
  expect(fetchOffset(groups, { groupId: 's' })).toBe('waits');
  groups.fail(ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
  groups.holds = false;
  expect(fetchOffset(groups, { groupId: 's' })).toBe(5);
});

test('a generation nobody has heard of is an error that depends on the version', () => {
  const groups = bench();
  const member = { groupId: 'g', memberId: 'm', generationId: 3, offset: 1 };
  expect(commitOffset(groups, { ...member, apiVersion: 8 })).toBe('ILLEGAL_GENERATION');
  expect(commitOffset(groups, { ...member, apiVersion: 9 })).toBe('GROUP_ID_NOT_FOUND');
});

test('metadata beyond offset.metadata.max.bytes is refused, in bytes', () => {
  const groups = bench();
  expect(commitOffset(groups, { ...simple, offset: 1, metadata: 'x'.repeat(4096) })).toBe('NONE');
  expect(commitOffset(groups, { ...simple, offset: 1, metadata: 'é'.repeat(2049) })).toBe('OFFSET_METADATA_TOO_LARGE');
});

test('offsets go with their topic, and a new topic of the name begins without any', () => {
  const groups = bench();
  commitOffset(groups, { ...simple, offset: 5 });
  groups.deleteTopic(idOf('t'));
  groups.createTopic('t', 2, idOf('t-again'));
  expect(fetchOffset(groups, { groupId: 's' })).toBe(-1);
  commitOffset(groups, { ...simple, offset: 1 });
  expect(fetchOffset(groups, { groupId: 's' })).toBe(1);
});

test('a late offset of a deleted topic does not count for its successor', () => {
  const groups = bench();
  groups.deleteTopic(idOf('t'));
  groups.createTopic('t', 2, idOf('t-again'));
  commitOffset(groups, { ...simple, offset: 9, topicId: idOf('t') });
  expect(fetchOffset(groups, { groupId: 's' })).toBe(-1);
});

test('offsets of simple groups expire after the retention, and the group with them', () => {
  const groups = bench();
  commitOffset(groups, { ...simple, offset: 5 });
  groups.wait(7 * dayMs - 1000);
  expect(fetchOffset(groups, { groupId: 's' })).toBe(5);
  groups.wait(700_000);
  expect(fetchOffset(groups, { groupId: 's' })).toBe(-1);
  expect(groups.core.groups.size).toBe(0);
  expect(groups.replayed().offsets.size).toBe(0);
});

test('offsets of a topic that went while the shard was loading, or whose deletion was refused, go later', () => {
  const groups = bench();
  commitOffset(groups, { ...simple, offset: 5 });
  groups.holds = true;
  groups.deleteTopic(idOf('t'));
  groups.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  groups.holds = false;
  groups.createTopic('t', 2, idOf('t-again'));
  commitOffset(groups, { ...simple, offset: 7, partition: 1 });
  expect(groups.core.offsets.size).toBe(2);
  groups.failOver();
  groups.wait(5000);
  expect(groups.core.offsets.size).toBe(1);
  expect(fetchOffset(groups, { groupId: 's', partition: 1 })).toBe(7);
});

test('a round of expiry takes many small steps, and ends', () => {
  const groups = new GroupBench({ config: { offsetsRetentionMs: 60_000 } });
  groups.createTopic('t', 1);
  for (let i = 0; i < 10_000; i++) commitOffset(groups, { ...simple, groupId: `s${i}`, offset: 5 });
  groups.wait(500_000);
  const before = groups.log.length;
  let largest = 0;
  while (groups.core.offsets.size > 0) {
    const { length } = groups.log;
    groups.wait(Math.max(0, groups.core.nextDeadline() - groups.now));
    largest = Math.max(largest, groups.log.length - length);
  }
  expect(groups.log.length - before).toBe(10_000);
  expect(largest).toBeLessThanOrEqual(2000);
  groups.wait(10);
  expect(groups.core.groups.size).toBe(0);
  expect(groups.core.nextDeadline() - groups.now).toBeGreaterThan(500_000);
});

test('the retention of a group with members begins when the last one leaves', () => {
  const groups = bench();
  const group = new ClassicMembers(groups);
  group.join('a', { sessionTimeoutMs: 1_800_000 });
  groups.wait(3000);
  group.told('a');
  group.sync('a');
  group.commit('a', 4);
  for (let day = 0; day < 10; day++) {
    for (let i = 0; i < 96; i++) {
      groups.wait(dayMs / 96);
      group.heartbeat('a');
    }
  }
  expect(fetchOffset(groups, { groupId: 'g' })).toBe(4);
  group.leave('a');
  groups.wait(6 * dayMs);
  expect(fetchOffset(groups, { groupId: 'g' })).toBe(4);
  groups.wait(2 * dayMs);
  expect(fetchOffset(groups, { groupId: 'g' })).toBe(-1);
  expect(groups.core.groups.size).toBe(0);
});

test('groups are deleted when they are empty, for good', () => {
  const groups = bench();
  const group = new ClassicMembers(groups);
  group.join('a');
  groups.wait(3000);
  group.told('a');
  group.sync('a');
  group.commit('a', 4);
  const remove = (groupId: string): string =>
    codeOf({ errorCode: groups.ask<number>((to) => ({ type: 'deleteGroup', groupId, to })).response ?? -1 });
  expect(remove('g')).toBe('NON_EMPTY_GROUP');
  expect(remove('nobody')).toBe('GROUP_ID_NOT_FOUND');
  group.leave('a');
  expect(remove('g')).toBe('NONE');
  groups.failOver();
  expect(group.state).toBe('none');
  expect(fetchOffset(groups, { groupId: 'g' })).toBe(-1);
});

test('offsets of an open transaction hold up stable reads, and count when it commits', () => {
  const groups = bench();
  commitOffset(groups, { ...simple, offset: 5 });
  const partitions = [{ partitionIndex: 0, committedOffset: 8, committedLeaderEpoch: -1, committedMetadata: null }];
  const commit = {
    type: 'commitOffsets',
    apiVersion: 5,
    groupId: 's',
    memberId: '',
    groupInstanceId: null,
    generationIdOrMemberEpoch: -1,
    retentionTimeMs: -1,
    topics: [{ name: 't', topicId: idOf('t'), partitions }],
    producer: { producerId: 7, producerEpoch: 0 },
  } as const;
  groups.ask((to) => ({ ...commit, to }));
  expect(fetchOffset(groups, { groupId: 's' })).toBe(5);
  expect(groups.core.offsets.isUnstable('s', 't', 0)).toBe(true);
  groups.tell({ type: 'transactionEnded', producerId: 7, isCommit: true });
  expect(fetchOffset(groups, { groupId: 's' })).toBe(8);
  groups.ask((to) => ({ ...commit, to }));
  groups.tell({ type: 'transactionEnded', producerId: 7, isCommit: false });
  expect(groups.core.offsets.isUnstable('s', 't', 0)).toBe(false);
});

test('a rebalance that completes holds up commits, but not those of a transaction', () => {
  const groups = bench();
  const group = new ClassicMembers(groups);
  group.join('a');
  groups.wait(3000);
  group.told('a');
  expect([group.state, group.commit('a', 4)]).toEqual(['CompletingRebalance', 'REBALANCE_IN_PROGRESS']);
  const { memberId, generationId } = group.idOf('a');
  const member = { groupId: 'g', memberId, generationId, offset: 4 };
  expect(commitOffset(groups, { ...member, producer: { producerId: 7, producerEpoch: 0 } })).toBe('NONE');
});

test('records read by hand are those that the codec reads', () => {
  const reader = new OffsetRecordReader();
  const value = { offset: 2 ** 40, leaderEpoch: 3, metadata: '', commitTimestamp: 1.7e12, topicId: idOf('t') };
  const variants = [
    { ...value, expireTimestamp: -1 },
    { ...value, expireTimestamp: -1, metadata: 'm'.repeat(200) },
    { ...value, expireTimestamp: -1, metadata: 'grüße' },
    { ...value, expireTimestamp: -1, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
  ];
  for (const committed of variants) {
    const record = { type: 'offset', groupId: 'group', topic: 'topic', partition: 3, value: committed } as const;
    const { key, value: bytes } = encodeGroupRecord(record);
    expect(reader.read(key, bytes)).toEqual(record);
    expect(reader.read(key, null)).toEqual({ ...record, value: null });
  }
  const { key } = encodeGroupRecord({ type: 'offset', groupId: 'g', topic: 't', partition: 0, value: null });
  for (const version of [0, 1, 2, 3]) {
    const fields = { offset: 5, leaderEpoch: 1, metadata: 'x', commitTimestamp: 9, expireTimestamp: 10 };
    const body = OffsetCommitValue.encode(fields, version).toBuffer();
    const bytes = Buffer.concat([Buffer.from([0, version]), body]);
    const decoded = OffsetCommitValue.decode(Chunks.of(body), version);
    expect(reader.read(key, bytes).value).toMatchObject({ offset: 5, expireTimestamp: decoded.expireTimestamp });
  }
});
