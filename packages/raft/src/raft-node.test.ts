import { expect, test } from 'vitest';
import { metadataTopicId, randomUuid, SeededRandom, silentLogger, type LogFields } from '@tidelog/core';
import { defaultLogConfig, LogStore } from '@tidelog/log';
import { NotLeaderError } from './not-leader-error.ts';
import { encodeBatch } from './storage/batch-codec.ts';
import { memoryWorld, openNode, Recorder } from './testing/node-fixture.ts';

const directory = '/a';
const file = (name: string): string => `${directory}/__cluster_metadata-0/${name}`;

test('a single voter leads at once, commits, and has everything after a restart', async () => {
  const world = memoryWorld();
  const first = await openNode({ world, directory, config: { electionTimeoutMs: 60_000, fetchTimeoutMs: 60_000 } });
  const recorder = new Recorder();
  first.node.subscribe(recorder);
  await recorder.until(({ leaders }) => leaders.length > 0);
  expect(recorder.leaders).toEqual([{ leaderId: 1, epoch: 1, isLeader: true }]);
  expect(first.node.append([Buffer.from('a'), Buffer.from('b')], { epoch: 1 })).toEqual({
    baseOffset: 1,
    lastOffset: 2,
  });
  expect(first.node.append([Buffer.from('c')], { epoch: 1 })).toEqual({ baseOffset: 3, lastOffset: 3 });
  await recorder.until(({ values }) => values.length === 3);
  expect(recorder.batches.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual([
    [0, 0],
    [1, 2],
    [3, 3],
  ]);
  expect(() => first.node.append([Buffer.from('x')], { epoch: 7 })).toThrow(NotLeaderError);
  await first.close();
  const state: unknown = JSON.parse(world.disk.readFile(file('quorum-state')).toString());
  expect(state).toMatchObject({ leaderId: 1, leaderEpoch: 1, data_version: 0 });

  world.disk.crash(new SeededRandom(1));
  const second = await openNode({ world, directory });
  const again = new Recorder();
  second.node.subscribe(again);
  await again.until(({ leaders }) => leaders.length > 0);
  expect(again.values).toEqual(['a', 'b', 'c']);
  expect(again.leaders).toEqual([{ leaderId: 1, epoch: 2, isLeader: true }]);
  expect(second.failures).toEqual([]);
  await second.close();
});

test('a snapshot takes the place of the log for a listener that comes later', async () => {
  const world = memoryWorld();
  const first = await openNode({ world, directory, config: { maxBytesBetweenSnapshots: 200 } });
  const recorder = new Recorder();
  first.node.subscribe(recorder);
  await recorder.until(({ leaders }) => leaders.length > 0);
  first.node.append([Buffer.from('a'), Buffer.alloc(200, 'b')], { epoch: 1 });
  await recorder.until(({ snapshotsDue }) => snapshotsDue === 1);
  expect(await first.node.createSnapshot({ offset: 3, epoch: 1 }, [Buffer.from('all')])).toBe(true);
  expect(await first.node.createSnapshot({ offset: 3, epoch: 1 }, [])).toBe(false);
  await expect(first.node.createSnapshot({ offset: 9, epoch: 1 }, [])).rejects.toThrow('no snapshot at 9');
  first.node.append([Buffer.from('c')], { epoch: 1 });
  await recorder.until(({ values }) => values.length === 3);
  await first.close();

  world.disk.crash(new SeededRandom(1));
  const second = await openNode({ world, directory });
  const late = new Recorder();
  second.node.subscribe(late);
  await late.until(({ leaders }) => leaders.length > 0);
  expect(late.values).toEqual(['all', 'c']);
  expect(late.snapshots.map(({ offset, epoch }) => ({ offset, epoch }))).toEqual([{ offset: 3, epoch: 1 }]);
  await second.close();
});

test('a full disk costs a leader its place, and nothing that was committed; room brings it back', async () => {
  const world = memoryWorld();
  const config = { electionTimeoutMs: 20 };
  const fixture = await openNode({ world, directory, config });
  const { node, failures } = fixture;
  const recorder = new Recorder();
  node.subscribe(recorder);
  await recorder.until(({ leaders }) => leaders.length > 0);
  node.append([Buffer.from('kept')], { epoch: 1 });
  await recorder.until(({ values }) => values.length === 1);
  let isFull = true;
  world.disk.fault = (operation, path) =>
    isFull && operation === 'write' && path.endsWith('.log') ? 'ENOSPC' : undefined;
  node.append([Buffer.from('lost')], { epoch: 1 });
  await recorder.until(({ leaders }) => leaders.at(-1)?.isLeader === false);
  isFull = false;
  await recorder.until(({ leaders }) => leaders.at(-1)?.isLeader === true);
  const epoch = recorder.leaders.at(-1)?.epoch ?? 0;
  node.append([Buffer.from('after')], { epoch });
  await recorder.until(({ values }) => values.length === 2);
  expect(recorder.values).toEqual(['kept', 'after']);
  expect(failures).toEqual([]);
  await fixture.close();
});

test('what is asked before the node has its log is answered when it has', async () => {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
  let answer: Promise<{ readonly errorCode: number }> | undefined;
  const fixture = await openNode({
    world: memoryWorld(),
    directory,
    beforeStart: ({ handlers }) => void (answer = handlers.describeQuorum({ topics }, { apiVersion: 2 })),
  });
  expect(await answer).toMatchObject({ errorCode: 0 });
  await fixture.close();
});

test.each([
  ['a full disk', 'ENOSPC', `make room on ${directory}/__cluster_metadata-0`],
  ['the lack of descriptors', 'EMFILE', 'let this process open more files'],
] as const)(
  '%s keeps a voter from voting, and not from living: it is silent until it ends',
  async (_, code, advice) => {
    const world = memoryWorld();
    const lines: string[] = [];
    const logger = { ...silentLogger, error: (_: LogFields, message: string) => void lines.push(message) };
    world.disk.makeDirectory(directory);
    let isFull = true;
    world.disk.fault = (operation, path) =>
      isFull && operation === 'write' && path.includes('quorum-state') ? code : undefined;
    const fixture = await openNode({ world, directory, logger });
    const { node, failures } = fixture;
    const recorder = new Recorder();
    node.subscribe(recorder);
    while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(lines[0]).toContain(advice);
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
    const described = node.handlers.describeQuorum({ topics }, { apiVersion: 2 });
    await expect(described).rejects.toThrow('no room');
    expect(recorder.leaders).toEqual([]);
    isFull = false;
    await recorder.until(({ leaders }) => leaders.at(-1)?.isLeader === true);
    expect(failures).toEqual([]);
    await fixture.close();
  },
);

test('a sync that fails stops the node: what it was asked to keep can not be trusted any more', async () => {
  const world = memoryWorld();
  const { node, failures } = await openNode({ world, directory });
  const recorder = new Recorder();
  node.subscribe(recorder);
  await recorder.until(({ leaders }) => leaders.length > 0);
  world.disk.fault = (operation, path) => (operation === 'sync' && path.endsWith('.log') ? 'EIO' : undefined);
  node.append([Buffer.from('a')], { epoch: 1 });
  while (failures.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(recorder.values).toEqual([]);
  expect(failures).toHaveLength(1);
});

test('what a killed process had written and not synced is synced before it is claimed', async () => {
  const world = memoryWorld();
  const topic = '__cluster_metadata';
  const logDirs = [{ path: directory, directoryId: randomUuid(world.random) }];
  const options = { world, logger: silentLogger, logDirs, config: { logDefaults: defaultLogConfig } };
  const store = await LogStore.open(options);
  const log = store.create({ topic, topicId: metadataTopicId, partition: 0, config: defaultLogConfig });
  const payload = { kind: 'values', values: [Buffer.from('a')] } as const;
  const batch = encodeBatch({ baseOffset: 0, lastOffset: 0, epoch: 1, controls: [], payload }, 0);
  log.append(batch, { origin: 'raft', leaderEpoch: 1, wallNow: 0 });
  while (log.logEndOffset === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  world.disk.killProcess();

  const ids = [1, 2, 3];
  const voters = { kind: 'static', voters: ids.map((id) => ({ id, host: 'localhost', port: 9090 + id })) } as const;
  const { node } = await openNode({ world, directory, voters });
  expect(node.state().logEndOffset).toBe(1);
  world.disk.crash(new SeededRandom(1));
  const again = await LogStore.open(options);
  expect(again.get(topic, 0)?.logEndOffset).toBe(1);
});
