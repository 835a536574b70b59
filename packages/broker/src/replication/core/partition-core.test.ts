import { expect, test } from 'vitest';
import { ErrorCode } from '@tidelog/protocol';
import { PartitionBench } from './partition-bench.ts';

test('a single replica commits what it has written at once', () => {
  const bench = new PartitionBench({ replicas: [1], isr: [1] });
  expect(bench.append(5)).toBe('written, hw 5, NONE');
  expect(bench.append(10, { acks: 1 })).toBe('written, hw 10, NONE');
});

test('the high watermark waits for every member of the ISR', () => {
  const bench = new PartitionBench({ replicas: [1, 2, 3], isr: [1, 2, 3] });
  bench.fetch(2, 0);
  bench.fetch(3, 0);
  expect(bench.append(10)).toBe('written');
  expect(bench.fetch(2, 10)).toBe('');
  expect(bench.fetch(3, 4)).toBe('hw 4');
  expect(bench.fetch(3, 10)).toBe('hw 10, NONE');
});

test('the high watermark never goes back when a follower restarts with less', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2] });
  bench.append(10);
  expect(bench.fetch(2, 10)).toBe('hw 10, NONE');
  expect(bench.fetch(2, 3)).toBe('');
  expect(bench.core.leader?.highWatermark).toBe(10);
});

test('the high watermark stands still while the ISR is below min.insync.replicas', () => {
  const bench = new PartitionBench({ replicas: [1, 2, 3], isr: [1], minInsyncReplicas: 2 });
  expect(bench.core.checkAppend(-1)).toBe(ErrorCode.NOT_ENOUGH_REPLICAS);
  expect(bench.core.checkAppend(1)).toBe(ErrorCode.NONE);
  expect(bench.append(10, { acks: 1 })).toBe('written, NONE');
  expect(bench.core.leader?.highWatermark).toBe(0);
  expect(bench.fetch(2, 10)).toBe('alter isr [1,2]');
  expect(bench.answerIsr()).toBe('hw 10');
});

test('min.insync.replicas never asks for more than there are replicas', () => {
  const bench = new PartitionBench({ replicas: [1], isr: [1], minInsyncReplicas: 3 });
  expect(bench.core.checkAppend(-1)).toBe(ErrorCode.NONE);
});

test('a joining replica holds back the high watermark before the controller has agreed', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1] });
  bench.append(10);
  expect(bench.fetch(2, 10)).toBe('alter isr [1,2]');
  expect(bench.append(20)).toBe('written');
  expect(bench.fetch(2, 20)).toBe('hw 20, NONE');
  expect(bench.answerIsr()).toBe('');
  expect(bench.core.leader?.inSync.committed).toEqual([1, 2]);
});

test('a leaving replica holds back the high watermark until the controller has agreed', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2], lagMs: 1000 });
  bench.fetch(2, 0);
  bench.append(10);
  bench.wait(1500);
  expect(bench.tick()).toBe('alter isr [1]');
  expect(bench.core.leader?.highWatermark).toBe(0);
  expect(bench.answerIsr()).toBe('hw 10, NONE');
});

test('a refused change reverts to the committed ISR', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1] });
  bench.fetch(2, 0);
  expect(bench.core.leader?.inSync.maximal).toEqual([1, 2]);
  bench.answerIsr({ error: ErrorCode.INELIGIBLE_REPLICA });
  expect(bench.core.leader?.inSync.maximal).toEqual([1]);
  expect(bench.core.leader?.inSync.pending).toBeUndefined();
});

test('after a stale partition epoch the maximal ISR stays until the metadata speaks', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1] });
  bench.fetch(2, 0);
  bench.answerIsr({ error: ErrorCode.INVALID_UPDATE_VERSION });
  expect(bench.core.leader?.inSync.maximal).toEqual([1, 2]);
  bench.assign({ isr: [1], partitionEpoch: 7 });
  expect(bench.core.leader?.inSync.pending?.partitionEpoch).toBe(7);
});

test('one change is in flight at a time', () => {
  const bench = new PartitionBench({ replicas: [1, 2, 3], isr: [1] });
  expect(bench.fetch(2, 0)).toBe('alter isr [1,2]');
  expect(bench.fetch(3, 0)).toBe('');
  expect(bench.answerIsr()).toBe('alter isr [1,2,3]');
});

test('an idle follower that has everything stays in the ISR', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2], lagMs: 1000 });
  bench.fetch(2, 0);
  bench.wait(60_000);
  expect(bench.tick()).toBe('');
  bench.append(1);
  bench.wait(900);
  expect(bench.tick()).toBe('');
  bench.wait(200);
  expect(bench.tick()).toBe('alter isr [1]');
});

test('a fenced broker, or an older incarnation of one, does not join the ISR', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1] });
  bench.fenced.add(2);
  expect(bench.fetch(2, 0)).toBe('');
  bench.fenced.delete(2);
  bench.epochs.set(2, 9);
  expect(bench.fetch(2, 0, { replicaEpoch: 8 })).toBe('');
  expect(bench.fetch(2, 0, { replicaEpoch: 9 })).toBe('alter isr [1,2]');
  expect(bench.core.checkFollower({ replicaId: 2, replicaEpoch: 8 })).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
});

test('a follower joins only past the start of the leader epoch', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1], log: { logEndOffset: 50, highWatermark: 10 } });
  expect(bench.fetch(2, 40)).toBe('');
  expect(bench.fetch(2, 50)).toBe('alter isr [1,2]');
});

test('a deposed leader refuses everybody who waits, then follows', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2] });
  bench.append(10);
  expect(bench.assign({ leader: 2, leaderEpoch: 6 })).toBe('NOT_LEADER_OR_FOLLOWER, follow 2 in 6');
  expect(bench.core.checkAppend(1)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
});

test('a leader that is elected again keeps who waits', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2] });
  bench.append(10);
  expect(bench.assign({ leaderEpoch: 6 })).toBe('lead 6 from 10');
  expect(bench.fetch(2, 10)).toBe('hw 10, NONE');
});

test('news of an older leader epoch changes nothing', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2] });
  expect(bench.assign({ leader: 2, leaderEpoch: 4 })).toBe('');
  expect(bench.core.role).toBe('leader');
});

test('a new leader does not know the committed end before its followers have reached its epoch', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2], log: { logEndOffset: 20, highWatermark: 15 } });
  expect(bench.core.knowsCommittedEnd).toBe(false);
  bench.fetch(2, 20);
  expect(bench.core.knowsCommittedEnd).toBe(true);
});

test('requests are fenced by leader epoch', () => {
  const bench = new PartitionBench({ replicas: [1], isr: [1] });
  expect(bench.core.checkEpoch(-1)).toBe(ErrorCode.NONE);
  expect(bench.core.checkEpoch(5)).toBe(ErrorCode.NONE);
  expect(bench.core.checkEpoch(4)).toBe(ErrorCode.FENCED_LEADER_EPOCH);
  expect(bench.core.checkEpoch(6)).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
});

test('an uncleanly elected leader marks the partition recovered before others join', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1], recovering: true });
  expect(bench.fetch(2, 0)).toBe('');
  expect(bench.answerIsr()).toBe('alter isr [1,2]');
});

test('a failed log answers with KAFKA_STORAGE_ERROR and stays offline', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2] });
  bench.append(3);
  expect(bench.step({ type: 'logFailed' })).toBe('KAFKA_STORAGE_ERROR, offline');
  expect(bench.assign({ leaderEpoch: 9 })).toBe('');
  expect(bench.core.role).toBe('offline');
});

test('DeleteRecords waits until every live replica has moved its log start', () => {
  const bench = new PartitionBench({ replicas: [1, 2, 3], isr: [1, 2, 3] });
  bench.append(10);
  bench.fetch(2, 10);
  bench.fetch(3, 10);
  bench.step({ type: 'logStartMoved', logStartOffset: 5 });
  expect(bench.parkDelete(5)).toBe('');
  expect(bench.fetch(2, 10, { logStartOffset: 5 })).toBe('');
  bench.fenced.add(3);
  expect(bench.step({ type: 'brokersChanged' })).toBe('deleted to 5');
});

test('a consumer is sent to the most caught-up replica in its rack', () => {
  const bench = new PartitionBench({ replicas: [1, 2, 3], isr: [1, 2, 3] });
  for (const [id, rack] of [
    [1, 'a'],
    [2, 'b'],
    [3, 'b'],
  ] as const)
    bench.racks.set(id, rack);
  bench.append(10);
  bench.fetch(2, 4);
  bench.fetch(3, 8);
  expect(bench.core.preferredReadReplica('b', 2)).toBe(3);
  expect(bench.core.preferredReadReplica('b', 9)).toBeUndefined();
  expect(bench.core.preferredReadReplica('a', 2)).toBeUndefined();
  expect(bench.core.preferredReadReplica('', 2)).toBeUndefined();
});

test('a leadership begins behind what its log has accepted and not written yet', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2], log: { logEndOffset: 4, nextOffset: 7 } });
  expect(bench.core.leader?.epochStartOffset).toBe(7);
  expect(bench.core.leader?.logEndOffset).toBe(4);
  expect(bench.core.knowsCommittedEnd).toBe(false);
});

test('a leader that cannot know whether it still leads serves nobody', () => {
  const bench = new PartitionBench({ replicas: [1, 2], isr: [1, 2] });
  bench.mayLead = false;
  expect(bench.core.checkAppend(0)).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  expect(bench.core.mayServe({ leaderOnly: false })).toBe(false);
  bench.assign({ leader: 2, leaderEpoch: 6 });
  expect(bench.core.mayServe({ leaderOnly: false })).toBe(true);
});
