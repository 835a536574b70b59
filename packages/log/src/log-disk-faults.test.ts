/** What a log makes of a disk that is full, out of descriptors or failing; each test names what would be lost. */
import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { batch, LogFixture, readAll, topicId } from './testing/log-fixture.ts';

test('checkpoints that a full disk refuses leave no clean stop behind, and no record is lost', async () => {
  const fixture = await LogFixture.open();
  fixture.put(fixture.log(), ['a', 'b']);
  fixture.put(await fixture.restart(), ['c', 'd']);
  const { disk } = fixture.world;
  disk.fault = (_operation, path) => (path.includes('-offset-checkpoint') ? 'ENOSPC' : undefined);
  await fixture.world.run(fixture.store.close({ brokerEpoch: 7 }));
  disk.fault = undefined;
  await fixture.openStore();
  expect(fixture.log().logEndOffset).toBe(4);
  expect(fixture.store.previousBrokerEpoch).toBe(-1);
});

test('a clean stop whose recovery point is an older one is not believed', async () => {
  const fixture = await LogFixture.open();
  fixture.put(fixture.log(), ['a', 'b']);
  const log = await fixture.restart();
  const { disk } = fixture.world;
  const path = '/data/recovery-point-offset-checkpoint';
  const stale = disk.readFile(path);
  fixture.put(log, ['c', 'd']);
  await fixture.world.run(fixture.store.close({ brokerEpoch: 7 }));
  disk.replaceFile(path, stale);
  await fixture.openStore();
  expect(fixture.log().logEndOffset).toBe(4);
});

test('after a clean stop a file that ends in the middle of a batch is recovered', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.put(log, ['a']);
  fixture.put(log, ['b']);
  await fixture.world.run(fixture.store.close({ brokerEpoch: 7 }));
  const { disk } = fixture.world;
  disk.remove('/data/recovery-point-offset-checkpoint');
  const file = disk.open('/data/t-0/00000000000000000000.log', 'write');
  file.truncate(file.size() - 1);
  file.close();
  await fixture.openStore();
  fixture.put(fixture.log(), ['c']);
  expect((await readAll(fixture.world, fixture.log())).next).toBe(2);
});

test('names that could not be synced for want of descriptors are synced before they count as durable', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 100 } });
  const log = fixture.log();
  fixture.put(log, ['a']);
  await fixture.world.run(log.flush());
  const { disk } = fixture.world;
  disk.fault = (operation) => (operation === 'syncDirectory' ? 'EMFILE' : undefined);
  fixture.put(log, ['b']);
  await expect(fixture.world.run(log.flush())).rejects.toThrow('EMFILE');
  disk.fault = undefined;
  await fixture.world.run(log.flush());
  expect((await fixture.crash()).logEndOffset).toBe(2);
});

test('leader epochs that could not be synced for want of descriptors are synced by the next attempt', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.put(log, ['a']);
  await fixture.world.run(log.flush());
  const { disk } = fixture.world;
  const path = '/data/t-0/leader-epoch-checkpoint';
  log.assignEpoch(5, 1);
  fixture.put(log, ['b']);
  disk.fault = (operation, at) => (operation === 'open' && at === path ? 'EMFILE' : undefined);
  await expect(fixture.world.run(log.flush())).rejects.toThrow('EMFILE');
  disk.fault = undefined;
  await fixture.world.run(log.flush());
  disk.crash(fixture.world.random);
  expect(disk.readFile(path).toString()).toContain('5 1');
});

test.each([
  ['syncDirectory', 'EMFILE'],
  ['name', 'ENOSPC'],
] as const)(
  'a topic that cannot be deleted now (%s, %s) is deleted later, and the directory serves on',
  async (of, code) => {
    const fixture = await LogFixture.open();
    fixture.put(fixture.log(0), ['deleted']);
    const other = fixture.log(1);
    const { disk } = fixture.world;
    disk.fault = (operation) => (operation === of ? code : undefined);
    const deleted = fixture.store.delete('t', 0);
    await fixture.world.settle();
    expect(fixture.store.get('t', 0)).toBeUndefined();
    disk.fault = undefined;
    expect(fixture.put(other, ['served'])).toMatchObject({ kind: 'accepted' });
    await fixture.world.advance(1000);
    await fixture.world.run(deleted);
    expect(disk.list('/data').filter((name) => name === 't-0')).toEqual([]);
    await fixture.world.advance(fixture.config.fileDeleteDelayMs);
    expect(disk.list('/data').filter((name) => name.startsWith('t-0'))).toEqual([]);
  },
);

test('no log is made among the files of a deleted one of its name', async () => {
  const fixture = await LogFixture.open();
  fixture.put(fixture.log(), ['deleted']);
  const { disk } = fixture.world;
  disk.fault = (operation) => (operation === 'name' ? 'ENOSPC' : undefined);
  const deleted = fixture.store.delete('t', 0);
  await fixture.world.settle();
  disk.fault = undefined;
  expect(() => fixture.log()).toThrow('not out of the way yet');
  await fixture.world.advance(1000);
  await fixture.world.run(deleted);
  expect(fixture.log().logEndOffset).toBe(0);
});

test('the files of a deleted topic are removed off the loop and one log at a time', async () => {
  const fixture = await LogFixture.open();
  for (let partition = 0; partition < 5; partition++) fixture.put(fixture.log(partition), ['deleted']);
  for (let partition = 0; partition < 5; partition++) {
    await fixture.world.run(fixture.store.delete('t', partition));
  }
  const { disk } = fixture.world;
  let most = 0;
  let running = 0;
  const removeDirectoryAsync = disk.removeDirectoryAsync.bind(disk);
  disk.removeDirectoryAsync = async (path) => {
    most = Math.max(most, ++running);
    await removeDirectoryAsync(path);
    running--;
  };
  await fixture.world.advance(fixture.config.fileDeleteDelayMs);
  expect(most).toBe(1);
  expect(disk.list('/data').filter((name) => name.startsWith('t-'))).toEqual([]);
});

test('checkpoints are written off the loop, and an idle store writes none', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.put(log, ['a']);
  await fixture.world.run(log.flush());
  const { disk } = fixture.world;
  const replaced: string[] = [];
  const replaceFile = disk.replaceFile.bind(disk);
  disk.replaceFile = (path, content) => {
    replaced.push(path);
    replaceFile(path, content);
  };
  await fixture.world.run(fixture.store.checkpoint());
  expect(disk.readFile('/data/recovery-point-offset-checkpoint').toString()).toContain('t 0 1');
  const touched: string[] = [];
  disk.fault = (operation, path) => void touched.push(`${operation} ${path}`);
  await fixture.world.run(fixture.store.checkpoint());
  expect([replaced, touched]).toEqual([[], []]);
});

test('a checkpoint that is under way does not overtake a recovery point that goes back', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  for (const value of ['a', 'b', 'c']) fixture.put(log, [value]);
  await fixture.world.run(log.flush());
  const checkpoint = fixture.store.checkpoint();
  await log.truncateTo(1);
  await fixture.world.run(checkpoint);
  fixture.world.disk.killProcess();
  expect(fixture.world.disk.readFile('/data/recovery-point-offset-checkpoint').toString()).toContain('t 0 1');
});

test('a log whose former namesake is in the checkpoints cannot be made on a full disk, for now', async () => {
  const fixture = await LogFixture.open();
  const { disk } = fixture.world;
  fixture.put(fixture.log(), ['a']);
  await fixture.restart();
  await fixture.world.run(fixture.store.delete('t', 0));
  disk.capacityBytes = disk.usedBytes();
  expect(() => fixture.log()).toThrow(expect.objectContaining({ name: 'LogOfflineError', isForNow: true }));
  disk.capacityBytes = Infinity;
  expect(fixture.log().logEndOffset).toBe(0);
});

test('a log whose process was killed before its first sync keeps its topic id over a power loss', async () => {
  const fixture = await LogFixture.open();
  const { world } = fixture;
  fixture.put(fixture.log(), ['a']);
  const log = await fixture.kill();
  fixture.put(log, ['b']);
  await world.run(log.flush());
  world.disk.crash(world.random, 0);
  world.forgetSchedule();
  await fixture.openStore();
  expect(fixture.store.get('t', 0)).toMatchObject({ topicId, logEndOffset: 2 });
});

test('what waits for the disk is bounded over all logs, and a log that goes away gives its share back', async () => {
  const fixture = await LogFixture.open({ store: { pendingBytesTotalMax: 100 } });
  const [first, second, third] = [fixture.log(0), fixture.log(1), fixture.log(2)];
  expect(fixture.append(first, batch(['a'.repeat(100)]))).toMatchObject({ kind: 'accepted' });
  expect(fixture.append(second, batch(['b']))).toMatchObject({ error: ErrorCode.KAFKA_STORAGE_ERROR });
  fixture.world.turn();
  expect(fixture.append(second, batch(['b'.repeat(100)]))).toMatchObject({ kind: 'accepted' });
  expect(fixture.append(third, batch(['c']))).toMatchObject({ error: ErrorCode.KAFKA_STORAGE_ERROR });
  await fixture.world.run(fixture.store.delete('t', 1));
  expect(fixture.append(third, batch(['c']))).toMatchObject({ kind: 'accepted' });
});

test('what a killed process had written is on stable storage after a flush, its names included', async () => {
  const fixture = await LogFixture.open();
  fixture.put(fixture.log(), ['a', 'b']);
  const log = await fixture.kill();
  const { disk } = fixture.world;
  const synced: string[] = [];
  disk.fault = (operation, path) => {
    if (operation === 'sync' || operation === 'syncDirectory') synced.push(path);
    return undefined;
  };
  await fixture.world.run(log.flush());
  disk.fault = undefined;
  const files = ['00000000000000000000.log', 'partition.metadata', 'leader-epoch-checkpoint'];
  expect(synced).toEqual(expect.arrayContaining(['/data', '/data/t-0', ...files.map((name) => `/data/t-0/${name}`)]));
  expect((await fixture.crash()).logEndOffset).toBe(2);
});
