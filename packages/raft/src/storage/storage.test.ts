import { expect, test } from 'vitest';
import { zeroUuid } from '@tidelog/core';
import { memoryWorld } from '../testing/node-fixture.ts';
import { VoterSet } from '../core/voter-set.ts';
import { QuorumStateFile } from './quorum-state-file.ts';
import { SnapshotStore } from './snapshot-store.ts';

const directory = '/a';
const voter = { id: 1, directoryId: `${'A'.repeat(19)}B1A` };

function emptyDisk(): ReturnType<typeof memoryWorld> {
  const world = memoryWorld();
  world.disk.makeDirectory(directory);
  return world;
}

test('quorum-state is written in Kafka’s JSON and read back, in both versions', () => {
  const { disk } = emptyDisk();
  const file = new QuorumStateFile(disk, directory);
  expect(file.read()).toBeUndefined();
  const state = { leaderId: 3, leaderEpoch: 7, voted: voter };
  file.write(state, { kraftVersion: 1, voterIds: [1, 3] });
  expect(JSON.parse(disk.readFile('/a/quorum-state').toString())).toEqual({
    leaderId: 3,
    leaderEpoch: 7,
    votedId: 1,
    votedDirectoryId: voter.directoryId,
    data_version: 1,
  });
  expect(file.read()).toEqual(state);
  file.write(state, { kraftVersion: 0, voterIds: [1, 3] });
  expect(JSON.parse(disk.readFile('/a/quorum-state').toString())).toEqual({
    clusterId: '',
    leaderId: 3,
    leaderEpoch: 7,
    votedId: 1,
    appliedOffset: 0,
    currentVoters: [{ voterId: 1 }, { voterId: 3 }],
    data_version: 0,
  });
  expect(file.read()).toEqual({ leaderId: 3, leaderEpoch: 7, voted: { id: 1, directoryId: zeroUuid } });
});

test.each([
  ['', 'is no JSON'],
  ['[]', 'data_version'],
  ['{"leaderEpoch":1,"data_version":9}', 'data_version 9'],
  ['{"leaderEpoch":"x","data_version":1}', 'leaderEpoch'],
  ['{"votedId":1,"votedDirectoryId":"?","data_version":1}', 'votedDirectoryId'],
])('a damaged quorum-state %j is refused', (text, complaint) => {
  const { disk } = emptyDisk();
  disk.replaceFile('/a/quorum-state', Buffer.from(text));
  expect(() => new QuorumStateFile(disk, directory).read()).toThrow(complaint);
});

async function someSnapshot(): Promise<{ bytes: Buffer; id: { offset: number; epoch: number } }> {
  const world = emptyDisk();
  const id = { offset: 12, epoch: 3 };
  const voters = new VoterSet([{ ...voter, endpoints: [], kraftVersions: { min: 0, max: 1 } }]);
  const records = Array.from({ length: 5 }, (_, i) => Buffer.alloc(100_000, i));
  const input = { id, lastContainedLogTimestamp: 99, kraftVersion: 1, voters, records };
  const store = new SnapshotStore(world, directory);
  await store.create(input);
  expect(store.load()).toEqual([id]);
  expect(store.content(id)).toMatchObject({ kraftVersion: 1, lastContainedLogTimestamp: 99 });
  expect([...store.reader(id).records()]).toEqual(records);
  return { id, bytes: world.disk.readFile('/a/00000000000000000012-0000000003.checkpoint') };
}

test('a fetched snapshot is put together from its pieces, goes on after a restart, and is installed', async () => {
  const { id, bytes } = await someSnapshot();
  const world = emptyDisk();
  const first = new SnapshotStore(world, directory);
  expect(first.openPart(id)).toBe(0);
  first.writePart(id, 0, bytes.subarray(0, 1000));
  const second = new SnapshotStore(world, directory);
  expect(second.load()).toEqual([]);
  expect(second.openPart(id)).toBe(1000);
  second.writePart(id, 1000, bytes.subarray(1000));
  expect(await second.install(id, bytes.length)).toMatchObject({ sizeInBytes: bytes.length });
  expect(second.load()).toEqual([id]);
});

test('a snapshot that is cut off, changed anywhere or longer than it says is refused and removed', async () => {
  const { id, bytes } = await someSnapshot();
  const world = emptyDisk();
  const store = new SnapshotStore(world, directory);
  const install = (content: Buffer): Promise<unknown> => {
    store.discardPart(id);
    store.writePart(id, 0, content);
    return store.install(id, content.length);
  };
  for (const length of [1, 60, 61, 1000, bytes.length - 80, bytes.length - 1]) {
    await expect(install(bytes.subarray(0, length)), `cut to ${length}`).rejects.toThrow('/a/');
  }
  for (let at = 17; at < bytes.length; at += 9973) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    await expect(install(changed), `changed at ${at}`).rejects.toThrow('/a/');
  }
  await expect(install(Buffer.concat([bytes, bytes]))).rejects.toThrow('behind its footer');
  expect(world.disk.list(directory)).toEqual([]);
});
