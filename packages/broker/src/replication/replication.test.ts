import { afterEach, expect, test } from 'vitest';
import { ErrorCode } from '@tidelog/protocol';
import { fetch, listOffset, pause, produce, until } from '../testing/client.ts';
import { batchOf, valuesIn } from '../testing/records.ts';
import { TestCluster, type ClusterOptions } from '../testing/test-cluster.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
let cluster: TestCluster;

async function start(options: Partial<ClusterOptions> = {}, replicas: number[][] = [[1, 2, 3]]): Promise<void> {
  cluster = await TestCluster.start({ brokers: 3, ...options });
  cluster.controller.createTopic({ name: 'events', topicId, replicas });
}

afterEach(() => cluster.stop());

function endsOf(partition = 0): number[] {
  return [1, 2, 3].map((id) => cluster.broker(id).replicas.get('events', partition)?.logEndOffset ?? -1);
}

function isr(): readonly number[] {
  return cluster.controller.image.topics.partition(topicId, 0)?.isr ?? [];
}

async function contentOf(nodeId: number): Promise<string[]> {
  const replica = cluster.broker(nodeId).replicas.get('events', 0);
  const outcome = await replica?.read({ offset: 0, maxBytes: 1e6, minOneBatch: true, upTo: 'logEnd' });
  return outcome?.kind === 'data' ? valuesIn(outcome.records) : [];
}

test('acks=all is answered when every in-sync replica has the records', async () => {
  await start();
  const answer = await produce(cluster.broker(1), { topicId, values: ['a', 'b'] });
  expect([answer.errorCode, answer.baseOffset]).toEqual([ErrorCode.NONE, 0]);
  expect(endsOf()).toEqual([2, 2, 2]);
  expect(await contentOf(3)).toEqual(['0:a', '1:b']);
});

test('the first acks=all of a new topic does not wait for a fetch that sleeps', async () => {
  await start({ replication: { replicaFetchWaitMaxMs: 600_000 } });
  await produce(cluster.broker(1), { topicId });
  const other = 'SSSSSSSSSSSSSSSSSSSSSQ';
  await pause(50);
  cluster.controller.createTopic({ name: 'other', topicId: other, replicas: [[1, 2, 3]] });
  expect((await produce(cluster.broker(1), { topicId: other })).errorCode).toBe(ErrorCode.NONE);
});

test('a partition that leaves the session and comes back in one request stays in it', async () => {
  const everywhere = [1, 2, 3];
  await start({}, [everywhere, everywhere]);
  await produce(cluster.broker(1), { topicId });
  // The same leader in a new epoch: followers give up the old position and take a new one in the same turn.
  cluster.controller.elect(topicId, 0, { leader: 1 });
  expect((await produce(cluster.broker(1), { topicId, timeoutMs: 2000 })).errorCode).toBe(ErrorCode.NONE);
  expect((await produce(cluster.broker(1), { topicId, timeoutMs: 2000 })).errorCode).toBe(ErrorCode.NONE);
});

test('with flush.before.ack an acknowledged record is synced on every replica', async () => {
  await start({ log: { flushBeforeAck: true } });
  await produce(cluster.broker(1), { topicId, values: ['durable'] });
  const recoveryPoints = [1, 2, 3].map((id) => cluster.broker(id).replicas.get('events', 0)?.log?.recoveryPoint);
  expect(recoveryPoints).toEqual([1, 1, 1]);
});

/** Restarts a broker after a crash; its syncs wait for the function that is returned, and nobody leads meanwhile. */
async function crash(nodeId: number): Promise<() => void> {
  const before = await cluster.stopBroker(nodeId, { clean: false });
  before.world.disk.unlock(`${before.directory}/.lock`);
  cluster.controller.elect(topicId, 0, { leader: -1 });
  let openGate: () => void = () => undefined;
  const again = await cluster.startBroker(nodeId, before);
  again.world.disk.syncsWaitFor = new Promise((resolve) => (openGate = resolve));
  return openGate;
}

test('with flush.before.ack a repeated batch that a crash left unsynced is acknowledged once synced', async () => {
  await start({ brokers: 1, log: { flushBeforeAck: true } }, [[1]]);
  const batch = { producerId: 1, producerEpoch: 0, baseSequence: 0 };
  await produce(cluster.broker(1), { topicId, records: batchOf(['a'], batch) });
  const openGate = await crash(1);
  cluster.controller.elect(topicId, 0, { leader: 1 });
  let answered = false;
  const repeated = produce(cluster.broker(1), { topicId, records: batchOf(['a'], batch) });
  void repeated.then(() => (answered = true));
  await pause(50);
  expect([answered, cluster.broker(1).replicas.get('events', 0)?.highWatermark]).toEqual([false, 0]);
  openGate();
  expect(await repeated).toMatchObject({ errorCode: ErrorCode.NONE, baseOffset: 0 });
});

test('with flush.before.ack a follower vouches for what a crash left unsynced once synced', async () => {
  await start({ brokers: 2, log: { flushBeforeAck: true } }, [[1, 2]]);
  await produce(cluster.broker(1), { topicId });
  const openGate = await crash(2);
  cluster.controller.elect(topicId, 0, { leader: 1, isr: [1] });
  await pause(50);
  expect(isr()).toEqual([1]);
  openGate();
  await until(() => isr().length === 2, 'the follower');
});

test('followers learn the high watermark and do not pass their own end', async () => {
  await start();
  await produce(cluster.broker(1), { topicId, values: ['a'] });
  await produce(cluster.broker(1), { topicId, values: ['b'] });
  await until(() => cluster.broker(2).replicas.get('events', 0)?.highWatermark === 2, 'the high watermark');
});

/** Turns of the loop, however long they take. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

test('an idle cluster sends no fetch before its waits end', async () => {
  await start(
    { replication: { replicaFetchWaitMaxMs: 600_000 } },
    Array.from({ length: 50 }, () => [1, 2, 3]),
  );
  const answer = await produce(cluster.broker(1), { topicId, partition: 7 });
  expect(answer.errorCode).toBe(ErrorCode.NONE);
  // Both followers have the record. What is on its way arrives; then each has one request that waits at the leader.
  for (let before = -1; before !== cluster.fetches; await turns(100)) {
    before = cluster.fetches;
    expect(before).toBeLessThan(100);
  }
  const idle = cluster.fetches;
  await turns(500);
  expect(cluster.fetches).toBe(idle);
});

test('a follower that is cut off leaves the ISR and joins again when it has caught up', async () => {
  await start({ replication: { replicaLagTimeMaxMs: 200 } });
  await produce(cluster.broker(1), { topicId });
  cluster.cut(3, 1);
  const answer = await produce(cluster.broker(1), { topicId, values: ['without 3'] });
  expect(answer.errorCode).toBe(ErrorCode.NONE);
  // A pause of this process takes others from the ISR too, for a moment.
  await until(() => String(isr()) === '1,2', 'the ISR without 3');
  cluster.heal(3, 1);
  await until(() => isr().length === 3, 'the ISR to grow');
  expect(await contentOf(3)).toEqual(await contentOf(1));
});

test('a follower that was added while its leader led leaves the ISR too when it is cut off', async () => {
  await start({ brokers: 2, replication: { replicaLagTimeMaxMs: 200 } }, [[1]]);
  await produce(cluster.broker(1), { topicId });
  cluster.controller.commit({ type: 'partitionChange', topicId, partitionId: 0, replicas: [1, 2] });
  await until(() => isr().length === 2, 'the ISR to grow');
  cluster.cut(2, 1);
  expect((await produce(cluster.broker(1), { topicId })).errorCode).toBe(ErrorCode.NONE);
  expect(isr()).toEqual([1]);
});

test('a review of many led partitions gives the loop back between its parts', async () => {
  const many = Array.from({ length: 200 }, () => [1, 2]);
  await start({ brokers: 2 }, many);
  const { replicas, world } = cluster.broker(1);
  await until(() => replicas.isSettled, 'the leaderships');
  const told: number[] = [];
  for (const replica of replicas.all()) {
    replica.tell = ({ type }) => {
      if (type !== 'brokersChanged') return;
      told.push(replica.partition);
      // All of them take much longer than a slice.
      for (const end = world.clock.monotonic() + 0.5; world.clock.monotonic() < end;);
    };
  }
  cluster.controller.fence(2, true);
  expect(told.length).toBeLessThan(200);
  await until(() => told.length === 200, 'the rest');
});

test('trap 4: below min.insync.replicas acks=all is refused and nothing new is committed', async () => {
  await start({ minInsyncReplicas: 2, replication: { replicaLagTimeMaxMs: 500 } });
  await produce(cluster.broker(1), { topicId });
  cluster.cut(2, 1);
  cluster.cut(3, 1);
  const waiting = await produce(cluster.broker(1), { topicId, timeoutMs: 400 });
  expect(waiting.errorCode).not.toBe(ErrorCode.NONE);
  await until(() => isr().length === 1, 'the ISR to shrink');
  expect((await produce(cluster.broker(1), { topicId })).errorCode).toBe(ErrorCode.NOT_ENOUGH_REPLICAS);
  expect((await produce(cluster.broker(1), { topicId, acks: 1 })).errorCode).toBe(ErrorCode.NONE);
  expect(await listOffset(cluster.broker(1), 'events', -1)).toBe(1);
});

test('after a failover nothing acknowledged is missing, and the old leader drops what was not', async () => {
  await start();
  await produce(cluster.broker(1), { topicId, values: ['kept'] });
  cluster.cut(2, 1);
  cluster.cut(3, 1);
  await produce(cluster.broker(1), { topicId, values: ['lost', 'lost too'], acks: 1 });
  cluster.controller.elect(topicId, 0, { leader: 2, isr: [2, 3] });
  const stale = await produce(cluster.broker(1), { topicId });
  expect(stale.errorCode).toBe(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  expect(stale.currentLeader).toEqual({ leaderId: 2, leaderEpoch: 1 });
  const answer = await produce(cluster.broker(2), { topicId, values: ['new'] });
  expect([answer.errorCode, answer.baseOffset]).toEqual([ErrorCode.NONE, 1]);
  await until(() => isr().length === 3, 'the old leader to follow');
  for (const id of [1, 2, 3]) expect(await contentOf(id)).toEqual(['0:kept', '1:new']);
});

test('a restarted follower goes on where it was; one without its disk fetches everything', async () => {
  await start();
  await produce(cluster.broker(1), { topicId, values: ['a'] });
  const stopped = await cluster.stopBroker(3);
  cluster.controller.elect(topicId, 0, { leader: 1, isr: [1, 2] });
  await produce(cluster.broker(1), { topicId, values: ['b'] });
  await cluster.startBroker(3, stopped);
  await until(() => isr().length === 3, 'the restarted follower');
  expect(await contentOf(3)).toEqual(['0:a', '1:b']);
  (await cluster.stopBroker(2)).removeFiles();
  cluster.controller.elect(topicId, 0, { leader: 1, isr: [1, 3] });
  await cluster.startBroker(2);
  await until(() => isr().length === 3, 'the empty follower');
  expect(await contentOf(2)).toEqual(['0:a', '1:b']);
});

test('a follower that is behind the log start begins there', async () => {
  await start();
  for (const value of ['a', 'b', 'c']) await produce(cluster.broker(1), { topicId, values: [value] });
  (await cluster.stopBroker(3)).removeFiles();
  cluster.controller.elect(topicId, 0, { leader: 1, isr: [1, 2] });
  const leader = cluster.broker(1).replicas.get('events', 0);
  leader?.log?.incrementLogStartOffset(2, 'test');
  leader?.onLogStartMoved();
  await cluster.startBroker(3);
  await until(() => isr().length === 3, 'the follower');
  expect(cluster.broker(3).replicas.get('events', 0)?.logStartOffset).toBe(2);
});

test('an ISR change survives a controller that is away', async () => {
  await start({ replication: { replicaLagTimeMaxMs: 100 } });
  await produce(cluster.broker(1), { topicId });
  cluster.controller.isDown = true;
  cluster.cut(3, 1);
  const waiting = produce(cluster.broker(1), { topicId, timeoutMs: 5000 });
  await pause(400);
  expect(isr()).toEqual([1, 2, 3]);
  cluster.controller.isDown = false;
  expect((await waiting).errorCode).toBe(ErrorCode.NONE);
  await until(() => String(isr()) === '1,2', 'the ISR without 3');
});

test('a deleted topic is gone on every replica; a moved partition leaves its old broker', async () => {
  await start();
  await produce(cluster.broker(1), { topicId });
  cluster.controller.commit({ type: 'partitionChange', topicId, partitionId: 0, replicas: [1, 2], isr: [1, 2] });
  expect(cluster.broker(3).replicas.get('events', 0)).toBeUndefined();
  expect(cluster.broker(3).store.get('events', 0)).toBeUndefined();
  cluster.controller.commit({ type: 'removeTopic', topicId });
  expect(cluster.broker(1).replicas.size).toBe(0);
});

test('a consumer in another rack is sent to the replica there and reads committed records from it', async () => {
  await start({ replication: { rackAwareReads: true } });
  await produce(cluster.broker(1), { topicId, values: ['near'] });
  const hint = await fetch(cluster.broker(1), { topicId, offset: 0, rackId: 'rack-2' });
  expect([hint.preferredReadReplica, hint.records?.byteLength]).toEqual([2, 0]);
  const answer = await fetch(cluster.broker(2), { topicId, offset: 0, rackId: 'rack-2', maxWaitMs: 2000 });
  expect(valuesIn(answer.records)).toEqual(['0:near']);
});

test('a follower without a session is not told of the same high watermark again and again', async () => {
  await start({ replication: { rackAwareReads: true } });
  await produce(cluster.broker(1), { topicId });
  const startedAt = performance.now();
  const replicaState = { replicaId: 2, replicaEpoch: -1 };
  const answer = await fetch(cluster.broker(1), { topicId, offset: 1, replicaState, maxWaitMs: 200, sessionEpoch: -1 });
  expect(answer.errorCode).toBe(ErrorCode.NONE);
  expect(performance.now() - startedAt).toBeGreaterThan(150);
});
