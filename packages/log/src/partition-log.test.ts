import { Chunks } from '@tidelog/core';
import { buildEndTxnMarker, ErrorCode, recordsOf, batchesOf } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import type { PartitionLog } from './partition-log.ts';
import { batch, LogFixture, readAll } from './testing/log-fixture.ts';

async function values(fixture: LogFixture, log: PartitionLog, from?: number): Promise<string[]> {
  const { bytes } = await readAll(fixture.world, log, from);
  const out: string[] = [];
  for (const { header, bytes: one } of batchesOf(Chunks.of(bytes))) {
    for (const record of recordsOf(one, header)) out.push(`${record.offset}=${record.value?.toString() ?? 'null'}`);
  }
  return out;
}

test('what is appended in a turn gets consecutive offsets and is readable when the turn has ended', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  expect(fixture.append(log, batch(['a', 'b']))).toMatchObject({ kind: 'accepted', firstOffset: 0, lastOffset: 1 });
  expect(fixture.append(log, batch(['c']), { leaderEpoch: 3 })).toMatchObject({ firstOffset: 2, lastOffset: 2 });
  expect(log.logEndOffset).toBe(0);
  fixture.world.turn();
  expect(log.logEndOffset).toBe(3);
  expect(fixture.events).toEqual(['appended 3']);
  expect(fixture.store.stats.writes).toBe(1);
  expect(await values(fixture, log)).toEqual(['0=a', '1=b', '2=c']);
  expect(log.endOffsetForEpoch(0)).toEqual({ epoch: 0, endOffset: 2 });
  expect(fixture.store.stats.fileReads).toBe(0);
});

test('a clean restart finds everything without scanning', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 300 } });
  for (let i = 0; i < 20; i++) fixture.put(fixture.log(), [`v${i}`], { partitionLeaderEpoch: 0 });
  const before = await values(fixture, fixture.log());
  expect(before.length).toBe(20);
  fixture.log().updateHighWatermark(15);
  const log = await fixture.restart();
  expect(fixture.store.previousBrokerEpoch).toBe(7);
  expect(log.logEndOffset).toBe(20);
  expect(log.highWatermark).toBe(15);
  expect(log.recoveryPoint).toBe(20);
  expect(fixture.store.stats.fileReads).toBe(0);
  expect(log.segments().length).toBeGreaterThan(4);
  expect(await values(fixture, log)).toEqual(before);
  expect(await values(fixture, log, 13)).toEqual(before.slice(13));
  expect(fixture.put(log, ['more'])).toMatchObject({ firstOffset: 20 });
});

test('after a killed process everything that was written is there', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 300, indexIntervalBytes: 0 } });
  for (let i = 0; i < 20; i++) fixture.put(fixture.log(), [`v${i}`]);
  const log = await fixture.kill();
  expect(fixture.store.previousBrokerEpoch).toBe(-1);
  expect((await values(fixture, log)).length).toBe(20);
  expect(fixture.put(log, ['more'])).toMatchObject({ firstOffset: 20 });
});

test('with flush.before.ack nothing is acknowledged before it is on stable storage', async () => {
  const fixture = await LogFixture.open({ config: { flushBeforeAck: true } });
  const log = fixture.log();
  fixture.put(log, ['a']);
  expect(fixture.events).toEqual(['written 1']);
  await fixture.world.settle();
  expect(fixture.events).toEqual(['written 1', 'appended 1']);
  fixture.put(log, ['lost'], {});
  const after = await fixture.crash();
  expect(after.logEndOffset).toBe(1);
});

test('a full disk fails what was accepted, and the log goes on when there is room again', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.put(log, ['kept'], { producerId: 5, producerEpoch: 0, baseSequence: 0 });
  fixture.world.disk.capacityBytes = fixture.world.disk.usedBytes() + 20;
  fixture.put(log, ['does not fit'], { producerId: 5, producerEpoch: 0, baseSequence: 1 });
  expect(fixture.events).toEqual(['appended 1', `failed ${ErrorCode.KAFKA_STORAGE_ERROR}`]);
  expect(log.logEndOffset).toBe(1);
  fixture.world.disk.capacityBytes = Infinity;
  const again = fixture.put(log, ['fits'], { producerId: 5, producerEpoch: 0, baseSequence: 1 });
  expect(again).toMatchObject({ kind: 'accepted', firstOffset: 1 });
  const reopened = await fixture.kill();
  expect(await values(fixture, reopened)).toEqual(['0=kept', '1=fits']);
});

test('a sync that fails takes the directory offline and is not repeated', async () => {
  const fixture = await LogFixture.open({ config: { flushBeforeAck: true } });
  const log = fixture.log();
  let syncs = 0;
  fixture.world.disk.fault = (operation) => {
    if (operation !== 'sync') return undefined;
    syncs++;
    return 'EIO';
  };
  const seen: string[] = [];
  fixture.store.onDirectoryOffline(({ path }) => seen.push(path));
  fixture.put(log, ['a']);
  await fixture.world.settle();
  expect(fixture.events).toEqual(['written 1', `failed ${ErrorCode.KAFKA_STORAGE_ERROR}`]);
  expect(seen).toEqual(['/data']);
  expect(syncs).toBe(1);
  expect(fixture.append(log, batch(['b']))).toMatchObject({ kind: 'refused', error: ErrorCode.KAFKA_STORAGE_ERROR });
  expect(log.read({ offset: 0, maxBytes: 10, minOneBatch: true, upTo: 1 })).toMatchObject({ kind: 'error' });
});

test('damage below the recovery point takes the log offline and cuts nothing off', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  for (let i = 0; i < 5; i++) fixture.put(log, [`v${i}`]);
  await fixture.world.run(log.flush());
  await fixture.world.run(fixture.store.checkpoint());
  fixture.put(log, ['unsynced']);
  const path = `${log.path}/00000000000000000000.log`;
  const size = fixture.world.disk.stat(path)?.size;
  fixture.world.disk.flipBit(path, { position: 150, bit: 3 });
  const damaged = await fixture.kill();
  expect(damaged.offline?.message).toContain(path);
  expect(damaged.offline?.position).toBeGreaterThan(0);
  expect(fixture.append(damaged, batch(['x']))).toMatchObject({ error: ErrorCode.KAFKA_STORAGE_ERROR });
  expect(fixture.world.disk.stat(path)?.size).toBe(size);
});

test('a torn write above the recovery point is cut off', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  for (let i = 0; i < 5; i++) fixture.put(log, [`v${i}`]);
  const path = `${log.path}/00000000000000000000.log`;
  const size = fixture.world.disk.stat(path)?.size ?? 0;
  const file = fixture.world.disk.open(path, 'write');
  file.truncate(size - 3);
  const recovered = await fixture.kill();
  expect(await values(fixture, recovered)).toEqual(['0=v0', '1=v1', '2=v2', '3=v3']);
  expect(recovered.offline).toBeUndefined();
});

test('a truncation inside one replicated append leaves no gap for readers of the tail', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  const sent = [batch(['a', 'b']), batch(['c'], { baseOffset: 2 }), batch(['d'], { baseOffset: 3 })];
  fixture.append(log, Chunks.from(sent.flatMap((one) => [...one.pieces])), { origin: 'replication' });
  fixture.world.turn();
  await log.truncateTo(3);
  fixture.append(log, batch(['e'], { baseOffset: 3 }), { origin: 'replication' });
  fixture.world.turn();
  expect(await values(fixture, log, 2)).toEqual(['2=c', '3=e']);
});

test('a leadership without a record is forgotten when its log is held against another one', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.put(log, ['a', 'b'], { partitionLeaderEpoch: 0 });
  log.assignEpoch(4, 2);
  expect(log.latestEpoch).toBe(4);
  await log.truncateTo(2);
  expect(log.latestEpoch).toBe(0);
  expect(log.logEndOffset).toBe(2);
});

test('a repetition is answered with the first offset, a gap in the sequence is refused', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  const produce = (baseSequence: number) =>
    fixture.put(log, ['x', 'y'], { producerId: 9, producerEpoch: 1, baseSequence });
  for (let i = 0; i < 7; i++) expect(produce(i * 2)).toMatchObject({ kind: 'accepted', firstOffset: i * 2 });
  expect(produce(4)).toMatchObject({ kind: 'duplicate', firstOffset: 4, lastOffset: 5 });
  expect(produce(2)).toMatchObject({ error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  expect(produce(16)).toMatchObject({ error: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER });
  const restarted = await fixture.restart();
  const again = fixture.put(restarted, ['x', 'y'], { producerId: 9, producerEpoch: 1, baseSequence: 12 });
  expect(again).toMatchObject({ kind: 'duplicate', firstOffset: 12 });
  const oldest = fixture.put(restarted, ['x', 'y'], { producerId: 9, producerEpoch: 1, baseSequence: 4 });
  expect(oldest).toMatchObject({ kind: 'duplicate', firstOffset: 4 });
  const old = fixture.put(restarted, ['x'], { producerId: 9, producerEpoch: 0, baseSequence: 0 });
  expect(old).toMatchObject({ error: ErrorCode.INVALID_PRODUCER_EPOCH });
});

test('trap 5: an open transaction holds the last stable offset until its marker is replicated', async () => {
  const fixture = await LogFixture.open({ store: { transactionVerification: false } });
  const log = fixture.log();
  fixture.put(log, ['plain']);
  const transactional = { producerId: 4, producerEpoch: 0, isTransactional: true };
  fixture.put(log, ['t'], { ...transactional, baseSequence: 0 });
  fixture.put(log, ['plain']);
  log.updateHighWatermark(3);
  expect(log.lastStableOffset).toBe(1);
  const marker = buildEndTxnMarker({
    producerId: 4,
    producerEpoch: 0,
    coordinatorEpoch: 0,
    committed: false,
    timestamp: fixture.world.clock.wall(),
  });
  fixture.append(log, Chunks.of(marker), { origin: 'coordinator' });
  fixture.world.turn();
  expect(log.lastStableOffset).toBe(1);
  log.updateHighWatermark(4);
  expect(log.lastStableOffset).toBe(4);
  const aborted = [{ producerId: 4, firstOffset: 1 }];
  expect(log.abortedTransactions({ from: 0, to: 4 })).toEqual(aborted);
  expect(log.abortedTransactions({ from: 4, to: 5 })).toEqual([]);
  const recovered = await fixture.kill();
  expect(recovered.abortedTransactions({ from: 0, to: 4 })).toEqual(aborted);
});

test('truncation takes back records, epochs and producers', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 200 } });
  const log = fixture.log();
  for (let i = 0; i < 10; i++) {
    const records = batch([`v${i}`], { producerId: 1, producerEpoch: 0, baseSequence: i });
    fixture.append(log, records, { leaderEpoch: i < 6 ? 1 : 2 });
    fixture.world.turn();
  }
  await fixture.world.run(log.truncateTo(4));
  expect(log.logEndOffset).toBe(4);
  expect(log.latestEpoch).toBe(1);
  expect(await values(fixture, log)).toEqual(['0=v0', '1=v1', '2=v2', '3=v3']);
  const next = fixture.put(log, ['new'], { producerId: 1, producerEpoch: 0, baseSequence: 4 });
  expect(next).toMatchObject({ kind: 'accepted', firstOffset: 4 });
  await fixture.world.run(log.truncateFullyAndStartAt(100));
  expect([log.logStartOffset, log.logEndOffset, log.sizeInBytes]).toEqual([100, 100, 0]);
  const restarted = await fixture.restart();
  expect([restarted.logStartOffset, restarted.logEndOffset]).toEqual([100, 100]);
});

test('old segments go by time, by size and by log start, never above the high watermark', async () => {
  const fixture = await LogFixture.open({
    config: { segmentBytes: 100, retentionBytes: 250, fileDeleteDelayMs: 1000 },
  });
  const log = fixture.log();
  for (let i = 0; i < 10; i++) fixture.put(log, [`v${i}`]);
  await fixture.world.run(fixture.store.runRetention());
  expect(log.logStartOffset).toBe(0);
  log.updateHighWatermark(10);
  await fixture.world.run(fixture.store.runRetention());
  expect(log.logStartOffset).toBeGreaterThan(3);
  expect(log.read({ offset: 0, maxBytes: 10, minOneBatch: true, upTo: 10 })).toEqual({ kind: 'outOfRange' });
  expect(fixture.world.disk.list(log.path).some((name) => name.endsWith('.deleted'))).toBe(true);
  await fixture.world.advance(1000);
  expect(fixture.world.disk.list(log.path).some((name) => name.endsWith('.deleted'))).toBe(false);
  log.reconfigure({ ...fixture.config, retentionBytes: -1 });
  expect(log.incrementLogStartOffset(9, 'test')).toBe(true);
  await fixture.world.run(fixture.store.runRetention());
  expect(log.segments().length).toBe(1);
  log.reconfigure({ ...fixture.config, retentionMs: 5000 });
  await fixture.world.advance(6000);
  await fixture.world.run(fixture.store.runRetention());
  expect(log.logStartOffset).toBe(10);
  expect(fixture.put(log, ['next'])).toMatchObject({ firstOffset: 10 });
});

test('records are found by time', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 400, indexIntervalBytes: 50 } });
  const log = fixture.log();
  const start = fixture.world.clock.wall();
  for (let i = 0; i < 20; i++) fixture.append(log, batch([`v${i}`], { timestamp: start - 20_000 + i * 1000 }));
  fixture.world.turn();
  const find = (timestamp: number) => fixture.world.run(log.offsetForTimestamp(timestamp, { upTo: 20 }));
  expect(await find(start - 20_000)).toMatchObject({ offset: 0 });
  expect(await find(start - 10_500)).toMatchObject({ offset: 10, timestamp: start - 10_000 });
  expect(await find(start)).toBeUndefined();
  expect(await fixture.world.run(log.maxTimestamp())).toMatchObject({ offset: 19, timestamp: start - 1000 });
  const reopened = await fixture.restart();
  expect(await fixture.world.run(reopened.offsetForTimestamp(start - 5000, { upTo: 20 }))).toMatchObject({
    offset: 15,
  });
});

test('a deleted log is gone at once and its files after the delay', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  fixture.put(log, ['a']);
  await fixture.world.run(fixture.store.delete('t', 0));
  expect(fixture.store.get('t', 0)).toBeUndefined();
  expect(fixture.world.disk.list('/data').filter((name) => name.endsWith('-delete')).length).toBe(1);
  await fixture.world.advance(60_000);
  expect(fixture.world.disk.list('/data').filter((name) => name.startsWith('t-'))).toEqual([]);
});

test('few files are open however many logs are written to', async () => {
  const fixture = await LogFixture.open({ store: { maxOpenFiles: 8 } });
  fixture.world.disk.maxOpenFiles = 12;
  for (let partition = 0; partition < 50; partition++) fixture.put(fixture.log(partition), ['a']);
  expect(fixture.world.disk.openFiles).toBeLessThanOrEqual(8);
  expect([...fixture.store.logs()].every((log) => log.logEndOffset === 1)).toBe(true);
});

test('a disk that stalls is written to asynchronously until it is quick again', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  const { world } = fixture;
  let stall = 100;
  world.disk.fault = (operation) => {
    if (operation === 'write') world.now += stall;
    return undefined;
  };
  fixture.put(log, ['slow']);
  stall = 0;
  fixture.put(log, ['behind']);
  expect(log.logEndOffset).toBe(1);
  await world.settle();
  expect(log.logEndOffset).toBe(2);
  for (let i = 0; i < 20; i++) {
    fixture.put(log, ['x']);
    await world.settle();
  }
  fixture.put(log, ['quick']);
  expect(log.logEndOffset).toBe(23);
  expect((await values(fixture, await fixture.kill())).length).toBe(23);
});
