/** Regressions at the edges of a log's life: each test names what was lost, or would have been. */
import { Chunks } from '@tidelog/core';
import { buildEndTxnMarker, ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import type { PartitionLog } from './partition-log.ts';
import { batch, LogFixture, readAll, topicId } from './testing/log-fixture.ts';

const idempotent = { producerId: 8, producerEpoch: 0 };

function abort(fixture: LogFixture, log: PartitionLog, producerId: number): void {
  const marker = buildEndTxnMarker({
    producerId,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    committed: false,
    timestamp: fixture.world.clock.wall(),
  });
  fixture.append(log, Chunks.of(marker), { origin: 'coordinator' });
  fixture.world.turn();
}

test('a segment that is complete is synced, so that a restart does not scan the whole log', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 300 } });
  const log = fixture.log();
  for (let i = 0; i < 20; i++) {
    fixture.put(log, [`v${i}`]);
    await fixture.world.settle();
  }
  const active = log.segments().at(-1);
  expect(active?.baseOffset).toBeGreaterThan(0);
  expect(log.recoveryPoint).toBeGreaterThanOrEqual(active?.baseOffset ?? Infinity);
});

test('a topic that is deleted and created again does not inherit the offsets of the old one in a crash', async () => {
  const fixture = await LogFixture.open();
  const old = fixture.log();
  for (let i = 0; i < 20; i++) fixture.put(old, [`old${i}`]);
  old.updateHighWatermark(20);
  old.incrementLogStartOffset(15, 'DeleteRecords');
  await fixture.world.run(old.flush());
  await fixture.world.run(fixture.store.checkpoint());
  await fixture.world.run(fixture.store.delete('t', 0));
  const newId = 'BBBBBBBBBBBBBBBBBBBBBg';
  const recreate = (): PartitionLog =>
    fixture.store.create({ topic: 't', topicId: newId, partition: 0, config: fixture.config });
  fixture.put(recreate(), ['acknowledged']);
  fixture.world.disk.killProcess();
  fixture.world.forgetSchedule();
  await fixture.openStore();
  expect([recreate().logStartOffset, recreate().logEndOffset, recreate().highWatermark]).toEqual([0, 1, 0]);
});

test('the offsets of a topic that went away before the last start are not given to a new one either', async () => {
  const fixture = await LogFixture.open();
  const old = fixture.log();
  for (let i = 0; i < 20; i++) fixture.put(old, [`old${i}`]);
  old.updateHighWatermark(20);
  old.incrementLogStartOffset(15, 'DeleteRecords');
  await fixture.world.run(fixture.store.checkpoint());
  await fixture.world.run(fixture.store.delete('t', 0));
  fixture.world.disk.killProcess();
  fixture.world.forgetSchedule();
  await fixture.openStore();
  fixture.put(fixture.log(), ['acknowledged']);
  const log = await fixture.kill();
  expect([log.logStartOffset, log.logEndOffset]).toEqual([0, 1]);
});

test('producers are known after retention has deleted every segment and the broker was restarted', async () => {
  const fixture = await LogFixture.open({ config: { retentionMs: 1000 } });
  const log = fixture.log();
  fixture.put(log, ['a'], { ...idempotent, baseSequence: 0 });
  log.updateHighWatermark(1);
  fixture.world.now += 5000;
  await fixture.world.run(fixture.store.runRetention());
  expect([log.logStartOffset, log.logEndOffset]).toEqual([1, 1]);
  for (const again of [await fixture.restart(), await fixture.kill()]) {
    const repeated = fixture.append(again, batch(['a'], { ...idempotent, baseSequence: 0 }));
    expect(repeated).toMatchObject({ kind: 'duplicate', firstOffset: 0 });
  }
});

test('producers of an empty log are known after a crash that follows the deletion of all its segments', async () => {
  const fixture = await LogFixture.open({ config: { retentionMs: 1000 } });
  const log = fixture.log();
  fixture.put(log, ['a'], { ...idempotent, baseSequence: 0 });
  log.updateHighWatermark(1);
  fixture.world.now += 5000;
  await fixture.world.run(fixture.store.runRetention());
  const again = await fixture.kill();
  expect(again.logEndOffset).toBe(1);
  const repeated = fixture.append(again, batch(['a'], { ...idempotent, baseSequence: 0 }));
  expect(repeated).toMatchObject({ kind: 'duplicate', firstOffset: 0 });
});

test('no room for the transaction index stops nothing: the aborted transaction is remembered', async () => {
  const fixture = await LogFixture.open({ store: { transactionVerification: false } });
  const log = fixture.log();
  fixture.put(log, ['t'], { producerId: 4, producerEpoch: 0, isTransactional: true, baseSequence: 0 });
  fixture.world.disk.fault = (operation, path) =>
    operation === 'write' && path.includes('.txnindex') ? 'ENOSPC' : undefined;
  abort(fixture, log, 4);
  log.updateHighWatermark(2);
  const aborted = [{ producerId: 4, firstOffset: 0 }];
  expect(log.abortedTransactions({ from: 0, to: 2 })).toEqual(aborted);
  fixture.world.disk.fault = undefined;
  fixture.put(log, ['more']);
  const restarted = await fixture.restart();
  expect(restarted.abortedTransactions({ from: 0, to: 2 })).toEqual(aborted);
});

test('a read that a truncation overtakes neither fails the log nor returns what was cut off', async () => {
  const fixture = await LogFixture.open({ store: { tailBytes: 0 } });
  const log = fixture.log();
  for (let i = 0; i < 10; i++) fixture.put(log, [`old${i}`]);
  const reading = log.read({ offset: 2, maxBytes: 1e6, minOneBatch: true, upTo: 10 });
  await log.truncateTo(0);
  const outcome = await fixture.world.run(Promise.resolve(reading));
  expect(outcome.kind).not.toBe('error');
  expect(log.offline).toBeUndefined();
});

test('the tail does not serve a batch that begins at or above the limit, across a gap', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  const replicate = (baseOffset: number): void => {
    fixture.append(log, batch(['x'], { baseOffset }), { origin: 'replication' });
    fixture.world.turn();
  };
  replicate(0);
  replicate(10);
  const outcome = log.read({ offset: 5, maxBytes: 1e6, minOneBatch: true, upTo: 8 });
  expect(outcome).toMatchObject({ kind: 'data', records: { byteLength: 0 } });
});

test('after a truncation the newest timestamp is that of what is left', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  const start = fixture.world.clock.wall() - 10_000;
  for (let i = 0; i < 5; i++) fixture.append(log, batch([`v${i}`], { timestamp: start + i }));
  fixture.world.turn();
  await fixture.world.run(log.truncateTo(3));
  expect(log.segments()[0]?.largestTimestamp).toBe(start + 2);
  const found = fixture.world.run(log.offsetForTimestamp(start + 1, { upTo: 3 }));
  expect(await found).toMatchObject({ offset: 1, timestamp: start + 1 });
});

test('times are found after an unclean start that nothing was written in', async () => {
  const fixture = await LogFixture.open();
  const start = fixture.world.clock.wall() - 10_000;
  for (let i = 0; i < 5; i++) fixture.append(fixture.log(), batch([`v${i}`], { timestamp: start + i }));
  fixture.world.turn();
  await fixture.kill();
  const log = await fixture.restart();
  expect(log.segments()[0]?.largestTimestamp).toBe(start + 4);
});

test('a log that restarts below its old start keeps what it got there', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  for (let i = 0; i < 10; i++) fixture.put(log, [`v${i}`]);
  log.updateHighWatermark(10);
  log.incrementLogStartOffset(8, 'test');
  await fixture.world.run(fixture.store.checkpoint());
  await fixture.world.run(log.truncateTo(5));
  fixture.append(log, batch(['again'], { baseOffset: 5 }), { origin: 'replication' });
  fixture.world.turn();
  const killed = await fixture.kill();
  expect([killed.logStartOffset, killed.logEndOffset]).toEqual([5, 6]);
});

test('what a failing disk makes unreadable is told to the owner of the log', async () => {
  const fixture = await LogFixture.open({ store: { tailBytes: 0 } });
  const log = fixture.log();
  fixture.put(log, ['a']);
  fixture.world.disk.fault = (operation) => (operation === 'read' ? 'EIO' : undefined);
  const outcome = fixture.world.run(Promise.resolve(log.read({ offset: 0, maxBytes: 9, minOneBatch: true, upTo: 1 })));
  expect(await outcome).toMatchObject({ kind: 'error', error: ErrorCode.KAFKA_STORAGE_ERROR });
  expect(fixture.events.at(-1)).toBe(`failed ${ErrorCode.KAFKA_STORAGE_ERROR}`);
});

test('a log that is set aside is out of the way and kept over restarts', async () => {
  const fixture = await LogFixture.open();
  fixture.put(fixture.log(), ['kept']);
  const path = await fixture.world.run(fixture.store.setAside('t', 0));
  expect(fixture.store.get('t', 0)).toBeUndefined();
  expect(path).toMatch(/^\/data\/t-0\.[0-9A-Za-z_-]+-stray$/);
  fixture.put(fixture.log(), ['new']);
  const restarted = await fixture.restart();
  expect((await readAll(fixture.world, restarted)).next).toBe(1);
  expect(restarted.topicId).toBe(topicId);
  expect(fixture.world.disk.stat(`${path}/00000000000000000000.log`)?.size).toBeGreaterThan(0);
});

test('nothing is deleted by the defaults before the settings of the topic are known', async () => {
  const fixture = await LogFixture.open({ config: { retentionMs: 1000 } });
  const keepForEver = { ...fixture.config, retentionMs: -1 };
  const create = (): PartitionLog => fixture.store.create({ topic: 't', topicId, partition: 0, config: keepForEver });
  fixture.put(create(), ['kept']);
  create().updateHighWatermark(1);
  await fixture.world.run(fixture.store.close({ brokerEpoch: 7 }));
  await fixture.openStore();
  fixture.world.now += 5000;
  await fixture.world.run(fixture.store.runRetention());
  expect(fixture.store.get('t', 0)?.logStartOffset).toBe(0);
  fixture.store.get('t', 0)?.reconfigure(fixture.config);
  await fixture.world.run(fixture.store.runRetention());
  expect(fixture.store.get('t', 0)?.logStartOffset).toBe(1);
});

test('a batch that was refused is not taken for stored because a later one of its producer is', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.world.disk.fault = (operation) => (operation === 'write' ? 'ENOSPC' : undefined);
  fixture.put(log, ['a'], { ...idempotent, baseSequence: 0 });
  fixture.world.disk.fault = undefined;
  expect(fixture.put(log, ['b'], { ...idempotent, baseSequence: 1 })).toMatchObject({ kind: 'accepted' });
  log.updateHighWatermark(1);
  const again = fixture.put(log, ['a'], { ...idempotent, baseSequence: 0 });
  expect(again).toMatchObject({ error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
});

test('the sequence that follows the largest one is appended, however few batches are remembered', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.put(log, ['a'], { ...idempotent, baseSequence: 0x7fff_ffff });
  log.updateHighWatermark(1);
  expect(fixture.put(log, ['b'], { ...idempotent, baseSequence: 0 })).toMatchObject({ kind: 'accepted' });
});

test('the repetitions of five batches in flight are known after the broker was killed', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 200 } });
  const log = fixture.log();
  for (let i = 0; i < 6; i++) fixture.put(log, ['a'], { ...idempotent, baseSequence: i });
  const killed = await fixture.kill();
  const answers = [1, 2, 3, 4, 5].map((i) => fixture.put(killed, ['a'], { ...idempotent, baseSequence: i }));
  expect(answers.map((answer) => answer.kind === 'duplicate' && answer.firstOffset)).toEqual([1, 2, 3, 4, 5]);
});

test('lookups by time run a few at a time, and each gets its answer', async () => {
  const fixture = await LogFixture.open({ store: { tailBytes: 0 } });
  let most = 0;
  let running = 0;
  const { disk } = fixture.world;
  const open = disk.open.bind(disk);
  disk.open = (path, mode) => {
    const file = open(path, mode);
    const readAsync = file.readAsync.bind(file);
    file.readAsync = async (position, length) => {
      most = Math.max(most, ++running);
      try {
        return await readAsync(position, length);
      } finally {
        running--;
      }
    };
    return file;
  };
  const logs = Array.from({ length: 20 }, (_, partition) => fixture.log(partition));
  for (const log of logs) fixture.put(log, ['a']);
  const found = Promise.all(logs.map((log) => log.offsetForTimestamp(0, { upTo: 1 })));
  expect((await fixture.world.run(found)).map((one) => one?.offset)).toEqual(logs.map(() => 0));
  expect(most).toBeLessThanOrEqual(8);
  expect(most).toBeGreaterThan(0);
});
