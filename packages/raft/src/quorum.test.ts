import { afterEach, expect, test } from 'vitest';
import { SeededRandom } from '@tidelog/core';
import type { QuorumSource } from './raft-options.ts';
import { formatMetadataDirectory } from './storage/format.ts';
import { DirectTransport, memoryWorld, openNode, Recorder, type Fixture } from './testing/node-fixture.ts';

const opened: Member[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((member) => member.fixture.close()));
});

interface Member {
  readonly id: number;
  readonly world: ReturnType<typeof memoryWorld>;
  fixture: Fixture;
  recorder: Recorder;
}

const quick = { electionTimeoutMs: 200, fetchTimeoutMs: 400, requestTimeoutMs: 400 };
/** What happens here happens at once: whoever waited for silence to last would wait for longer than a test may take. */
const patient = { ...quick, fetchTimeoutMs: 60_000, requestTimeoutMs: 60_000 };
const dirId = (id: number): string => `${'A'.repeat(19)}B${id}A`;

class Quorum {
  readonly transport = new DirectTransport();
  readonly members = new Map<number, Member>();
  readonly voters: QuorumSource;
  readonly config: Parameters<typeof openNode>[0]['config'];

  constructor(voters: QuorumSource, config: Parameters<typeof openNode>[0]['config'] = quick) {
    this.voters = voters;
    this.config = config;
  }

  async open(id: number, world = memoryWorld(), canBeVoter = true, directoryId = dirId(id)): Promise<Member> {
    const { transport, voters, config } = this;
    const options = { world, directory: '/a', nodeId: id, directoryId, canBeVoter, voters, transport };
    const fixture = await openNode({ ...options, ...(config && { config }) });
    transport.nodes.set(9090 + id, fixture.node);
    transport.cut.delete(9090 + id);
    const recorder = new Recorder();
    fixture.node.subscribe(recorder);
    const member = { id, world, fixture, recorder };
    this.members.set(id, member);
    opened.push(member);
    return member;
  }

  /** As SIGKILL does: nothing is handed over, and what was not synced is gone. */
  kill(member: Member): void {
    this.transport.cut.add(9090 + member.id);
    this.members.delete(member.id);
    opened.splice(opened.indexOf(member), 1);
    member.world.disk.crash(new SeededRandom(member.id));
  }

  async leader(after = 0): Promise<Member & { epoch: number }> {
    for (;;) {
      for (const member of this.members.values()) {
        const last = member.recorder.leaders.at(-1);
        if (last?.isLeader === true && last.epoch > after) return { ...member, epoch: last.epoch };
      }
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  async everybodyHas(value: string): Promise<void> {
    const has = ({ recorder }: Member): Promise<void> => recorder.until(({ values }) => values.includes(value));
    await Promise.all([...this.members.values()].map(has));
  }
}

function staticVoters(...ids: number[]): QuorumSource {
  return { kind: 'static', voters: ids.map((id) => ({ id, host: 'localhost', port: 9090 + id })) };
}

test('three voters elect quickly, replicate, and replace a killed leader', async () => {
  const quorum = new Quorum(staticVoters(1, 2, 3), patient);
  await Promise.all([quorum.open(1), quorum.open(2), quorum.open(3)]);
  const observer = await quorum.open(4, memoryWorld(), false);
  const first = await quorum.leader();
  first.fixture.node.append([Buffer.from('a')], { epoch: first.epoch });
  await quorum.everybodyHas('a');
  expect(observer.fixture.node.state()).toMatchObject({ role: 'follower', isVoter: false, leaderId: first.id });

  quorum.kill(must(quorum.members.get(first.id)));
  const second = await quorum.leader(first.epoch);
  second.fixture.node.append([Buffer.from('b')], { epoch: second.epoch });
  await quorum.everybodyHas('b');
  await quorum.open(first.id, first.world);
  await quorum.everybodyHas('b');
  expect(quorum.members.get(first.id)?.recorder.values).toEqual(['a', 'b']);
});

test('a leader that stops hands over at once', async () => {
  const quorum = new Quorum(staticVoters(1, 2, 3), patient);
  await Promise.all([quorum.open(1), quorum.open(2), quorum.open(3)]);
  const first = await quorum.leader();
  first.fixture.node.append([Buffer.from('a')], { epoch: first.epoch });
  await quorum.everybodyHas('a');
  quorum.members.delete(first.id);
  await first.fixture.node.shutdown();
  const second = await quorum.leader(first.epoch);
  expect(second.epoch).toBe(first.epoch + 1);
});

test('a full disk on a follower costs no records and no process', async () => {
  const quorum = new Quorum(staticVoters(1, 2, 3));
  await Promise.all([quorum.open(1), quorum.open(2)]);
  const { fixture, epoch } = await quorum.leader();
  fixture.node.append([Buffer.from('a')], { epoch });
  await quorum.everybodyHas('a');
  let isFull = true;
  let failedWrites = 0;
  const world = memoryWorld();
  world.disk.fault = (operation, path) => {
    if (!isFull || operation !== 'write' || !path.endsWith('.log')) return undefined;
    failedWrites++;
    return 'ENOSPC';
  };
  // What it fetches is committed by the others already.
  const follower = await quorum.open(3, world);
  await expect.poll(() => failedWrites, { timeout: 20_000 }).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(failedWrites).toBeLessThan(5);
  isFull = false;
  await quorum.everybodyHas('a');
  expect(follower.fixture.failures).toEqual([]);
});

test('a voter joins a dynamic quorum from a snapshot, and the first voter leaves it', async () => {
  const quorum = new Quorum({
    kind: 'bootstrap',
    servers: [
      { host: 'localhost', port: 9091 },
      { host: 'localhost', port: 9092 },
    ],
  });
  const world = memoryWorld();
  const endpoints = [{ name: 'CONTROLLER', host: 'localhost', port: 9091 }];
  const voters = [{ id: 1, directoryId: dirId(1), endpoints }];
  await formatMetadataDirectory({
    world,
    metadataDir: '/a/__cluster_metadata-0',
    voters,
    isDynamic: true,
    records: [Buffer.from('first')],
  });
  const one = await quorum.open(1, world);
  const { epoch } = await quorum.leader();
  expect(one.recorder.values).toEqual(['first']);
  const { lastOffset } = one.fixture.node.append([Buffer.from('a'), Buffer.from('b')], { epoch });
  await one.recorder.until(({ values }) => values.length === 3);
  await one.fixture.node.createSnapshot({ offset: lastOffset + 1, epoch }, [Buffer.from('first a b')]);
  one.fixture.node.append([Buffer.from('c')], { epoch });

  const two = await quorum.open(2);
  await two.recorder.until(({ values }) => values.includes('c'));
  expect(two.recorder.values).toEqual(['first a b', 'c']);
  expect(two.fixture.node.state()).toMatchObject({ isVoter: false, kraftVersion: 1 });
  const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 9092 }];
  const voter = { clusterId: 'test-cluster', voterId: 2, voterDirectoryId: dirId(2) };
  const context = { apiVersion: 1 };
  const add = { ...voter, timeoutMs: 1000, listeners, ackWhenCommitted: true };
  expect(await one.fixture.node.handlers.addRaftVoter(add, context)).toMatchObject({ errorCode: 0 });
  expect(await one.fixture.node.handlers.addRaftVoter(add, context)).toMatchObject({ errorCode: 126 });
  expect(two.fixture.node.state()).toMatchObject({ isVoter: true });

  const leave = { clusterId: 'test-cluster', voterId: 1, voterDirectoryId: dirId(1) };
  expect(await one.fixture.node.handlers.removeRaftVoter(leave, { apiVersion: 0 })).toMatchObject({ errorCode: 0 });
  const second = await quorum.leader(epoch);
  expect(second.id).toBe(2);
  second.fixture.node.append([Buffer.from('d')], { epoch: second.epoch });
  await quorum.everybodyHas('d');
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
  const described = await second.fixture.node.handlers.describeQuorum({ topics }, { apiVersion: 2 });
  const partition = described.topics[0]?.partitions[0];
  expect(partition).toMatchObject({ errorCode: 0, leaderId: 2, leaderEpoch: second.epoch });
  expect(partition?.currentVoters.map(({ replicaId }) => replicaId)).toEqual([2]);
  expect(partition?.observers.map(({ replicaId }) => replicaId)).toEqual([1]);
});

test('a controller that may join by itself becomes a voter, also when its disk was replaced', async () => {
  const servers = [{ host: 'localhost', port: 9091 }];
  const quorum = new Quorum({ kind: 'bootstrap', servers }, { ...quick, autoJoin: true });
  const world = memoryWorld();
  const endpoints = [{ name: 'CONTROLLER', host: 'localhost', port: 9091 }];
  const voters = [{ id: 1, directoryId: dirId(1), endpoints }];
  await formatMetadataDirectory({
    world,
    metadataDir: '/a/__cluster_metadata-0',
    voters,
    isDynamic: true,
    records: [],
  });
  const one = await quorum.open(1, world);
  await quorum.leader();
  const votersOf = ({ fixture }: Member): unknown =>
    fixture.node.state().voters.map(({ id, directoryId }) => `${id}:${directoryId}`);
  const until = async (expected: string[]): Promise<void> => {
    while (JSON.stringify(votersOf(one)) !== JSON.stringify(expected)) await new Promise((r) => setTimeout(r, 5));
  };
  await Promise.all([quorum.open(2), quorum.open(3)]);
  await until([1, 2, 3].map((id) => `${id}:${dirId(id)}`));
  const two = must(quorum.members.get(2));
  quorum.kill(two);
  await quorum.open(2, memoryWorld(), true, dirId(9));
  await until([`1:${dirId(1)}`, `2:${dirId(9)}`, `3:${dirId(3)}`]);
});

test('kraft.version is raised once all static voters have told their directory ids', async () => {
  const quorum = new Quorum(staticVoters(1, 2, 3));
  await Promise.all([quorum.open(1), quorum.open(2), quorum.open(3)]);
  const { fixture, epoch } = await quorum.leader();
  while (fixture.node.state().kraftVersion === 0) {
    fixture.node.upgradeKraftVersion({ epoch, version: 1 });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  fixture.node.append([Buffer.from('a')], { epoch });
  await quorum.everybodyHas('a');
  for (const { fixture: member } of quorum.members.values()) {
    expect(member.node.state().kraftVersion).toBe(1);
    expect(member.node.state().voters.map(({ directoryId }) => directoryId)).toEqual([dirId(1), dirId(2), dirId(3)]);
  }
});

test('a voter that came back with another disk, at kraft.version 1, is described with that disk', async () => {
  const quorum = new Quorum(staticVoters(1, 2, 3));
  await Promise.all([quorum.open(1), quorum.open(2), quorum.open(3)]);
  const { fixture, epoch, id: leaderId } = await quorum.leader();
  while (fixture.node.state().kraftVersion === 0) {
    fixture.node.upgradeKraftVersion({ epoch, version: 1 });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  fixture.node.append([Buffer.from('a')], { epoch });
  await quorum.everybodyHas('a');
  const id = leaderId === 3 ? 2 : 3;
  quorum.kill(must(quorum.members.get(id)));
  const voter = { clusterId: 'test-cluster', voterId: id };
  const removed = fixture.node.handlers.removeRaftVoter({ ...voter, voterDirectoryId: dirId(id) }, { apiVersion: 0 });
  expect(await removed).toMatchObject({ errorCode: 0 });
  await quorum.open(id, memoryWorld(), true, dirId(9));
  const listeners = [{ name: 'CONTROLLER', host: 'localhost', port: 9090 + id }];
  const add = { ...voter, voterDirectoryId: dirId(9), timeoutMs: 5000, listeners, ackWhenCommitted: true };
  expect(await fixture.node.handlers.addRaftVoter(add, { apiVersion: 1 })).toMatchObject({ errorCode: 0 });
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
  const described = await fixture.node.handlers.describeQuorum({ topics }, { apiVersion: 2 });
  const voters = described.topics[0]?.partitions[0]?.currentVoters;
  expect(voters?.find(({ replicaId }) => replicaId === id)?.replicaDirectoryId).toBe(dirId(9));
});

test('requests of another cluster or about another partition do not reach the quorum', async () => {
  const quorum = new Quorum(staticVoters(1));
  const { fixture } = await quorum.open(1);
  const { epoch } = await quorum.leader();
  const partition = {
    partitionIndex: 0,
    replicaEpoch: epoch + 5,
    replicaId: 2,
    replicaDirectoryId: dirId(2),
    voterDirectoryId: dirId(1),
    lastOffsetEpoch: epoch,
    lastOffset: 100,
    preVote: false,
  };
  const vote = (clusterId: string, topicName: string) =>
    fixture.node.handlers.vote(
      { clusterId, voterId: 1, topics: [{ topicName, partitions: [partition] }] },
      { apiVersion: 2 },
    );
  expect(await vote('other', '__cluster_metadata')).toMatchObject({ errorCode: 104 });
  expect(await vote('test-cluster', 'other')).toMatchObject({ errorCode: 42 });
  expect(fixture.node.state()).toMatchObject({ role: 'leader', leaderEpoch: epoch });
});

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}
