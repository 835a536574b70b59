import { expect, test } from 'vitest';
import { SeededRandom } from '@tidelog/core';
import { NotLeaderError } from './not-leader-error.ts';
import { memoryWorld, openNode, Recorder } from './testing/node-fixture.ts';

const directory = '/a';
const file = (name: string): string => `${directory}/__cluster_metadata-0/${name}`;

test('a single voter leads within milliseconds, commits, and has everything after a restart', async () => {
  const world = memoryWorld();
  const began = world.clock.monotonic();
  const first = await openNode({ world, directory });
  const recorder = new Recorder();
  first.node.subscribe(recorder);
  await recorder.until(({ leaders }) => leaders.length > 0);
  expect(world.clock.monotonic() - began).toBeLessThan(500);
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
