import { ErrorCode, Metadata } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { createCluster, type TestCluster } from './index.ts';
import { WireClient } from './testing/wire-client.ts';

const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await pause(10);
  }
}

const values = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `v${from + i}`);

async function produceAll(client: WireClient, topic: string, all: readonly string[]): Promise<string[]> {
  const acknowledged: string[] = [];
  for (const value of all) acknowledged.push(`${await client.produce(topic, value)}=${value}`);
  return acknowledged;
}

async function expectToHold(client: WireClient, topic: string, acknowledged: readonly string[]): Promise<void> {
  const there = new Set(await client.readAll(topic));
  expect(acknowledged.filter((record) => !there.has(record))).toEqual([]);
}

async function withTopic(cluster: TestCluster): Promise<{ client: WireClient; leader: number }> {
  const client = new WireClient(cluster);
  await client.createTopic('t');
  return { client, leader: await client.leaderOf('t') };
}

test('a cluster of three comes up, again and again in the same process', async () => {
  for (let i = 0; i < 3; i++) {
    await using cluster = await createCluster({ brokers: 3 });
    expect(cluster.controllerId).toBeGreaterThan(0);
    expect(cluster.bootstrap.split(',')).toHaveLength(3);
  }
});

test('nothing acknowledged is lost when the leader is killed, and the killed one comes back', async () => {
  await using cluster = await createCluster({ brokers: 3 });
  const { client, leader } = await withTopic(cluster);
  using _ = client;
  const before = await produceAll(client, 't', values(0, 50));
  cluster.kill(leader);
  const during = await produceAll(client, 't', values(50, 100));
  expect(await client.leaderOf('t')).not.toBe(leader);
  await cluster.restart(leader);
  const after = await produceAll(client, 't', values(100, 120));
  await expectToHold(client, 't', [...before, ...during, ...after]);
});

test('a node that stops in good order hands over what it leads first', async () => {
  await using cluster = await createCluster({ brokers: 3 });
  const { client, leader } = await withTopic(cluster);
  using _ = client;
  const before = await produceAll(client, 't', values(0, 20));
  await cluster.stop(leader);
  expect(cluster.isRunning(leader)).toBe(false);
  const after = await produceAll(client, 't', values(20, 40));
  await cluster.restart(leader);
  await expectToHold(client, 't', [...before, ...after]);
});

test('the cluster survives the loss of every node at once', async () => {
  await using cluster = await createCluster({ brokers: 3 });
  const { client } = await withTopic(cluster);
  using _ = client;
  const before = await produceAll(client, 't', values(0, 30));
  for (const { id } of cluster.brokers) cluster.kill(id);
  await Promise.all(cluster.brokers.map(({ id }) => cluster.restart(id)));
  const after = await produceAll(client, 't', values(30, 40));
  await expectToHold(client, 't', [...before, ...after]);
});

test('a leader that stands still is replaced, and follows when it runs again', async () => {
  await using cluster = await createCluster({ brokers: 3, settings: { 'broker.session.timeout.ms': 1000 } });
  const { client, leader } = await withTopic(cluster);
  using _ = client;
  const before = await produceAll(client, 't', values(0, 20));
  cluster.pause(leader);
  await until('another leader', async () => (await client.leaderOf('t', { except: leader })) !== leader);
  cluster.resume(leader);
  const after = await produceAll(client, 't', values(20, 40));
  await expectToHold(client, 't', [...before, ...after]);
});

test('a leader that is cut off from the others acknowledges nothing, and what the others took is kept', async () => {
  await using cluster = await createCluster({ brokers: 3, settings: { 'broker.session.timeout.ms': 1000 } });
  const { client, leader } = await withTopic(cluster);
  using _ = client;
  const before = await produceAll(client, 't', values(0, 20));
  const others = cluster.brokers.map(({ id }) => id).filter((id) => id !== leader);
  cluster.partition([leader], others);
  await until('another leader', async () => (await client.leaderOf('t', { except: leader })) !== leader);
  const replaced = await client.leaderOf('t', { except: leader });
  expect(others).toContain(replaced);
  cluster.heal();
  const after = await produceAll(client, 't', values(20, 40));
  await expectToHold(client, 't', [...before, ...after]);
});

test('a broker that starts says nothing of topics before it knows them', async () => {
  await using cluster = await createCluster({ brokers: 3 });
  const { client, leader } = await withTopic(cluster);
  using _ = client;
  const [one = 0, other = 0] = cluster.brokers.map(({ id }) => id).filter((id) => id !== leader);
  for (const { id } of cluster.brokers) cluster.kill(id);
  // Alone it cannot find out what is committed.
  const alone = cluster.restart(one);
  const codes = new Set<number | undefined>();
  for (const until = Date.now() + 700; Date.now() < until; await pause(20)) {
    const asked = client.send(one, Metadata, { topics: [{ name: 't' }] }).catch(() => undefined);
    const response = await Promise.race([asked, pause(50)]);
    if (response !== undefined) codes.add(response.topics[0]?.errorCode);
  }
  expect([...codes]).toEqual([]);
  await Promise.all([alone, cluster.restart(other)]);
  const response = await client.send(one, Metadata, { topics: [{ name: 't' }] });
  expect(response.topics[0]?.errorCode).toBe(ErrorCode.NONE);
});

test('a node that does not exist is refused with the ones that do', async () => {
  await using cluster = await createCluster({ brokers: 1 });
  expect(() => cluster.kill(4)).toThrow('the cluster has the nodes 1 to 1, not 4');
});
