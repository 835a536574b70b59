/** What a topic's settings do to a log, and what the origins of an append may do. */
import { Chunks } from '@tidelog/core';
import { batchesOf, buildBatch, ErrorCode, readBatchHeader, recordsOf, verifyCrc } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import type { LogConfig } from './core/log-config.ts';
import type { PartitionLog } from './partition-log.ts';
import { batch, LogFixture, readAll, topicId } from './testing/log-fixture.ts';

async function stored(fixture: LogFixture, log: PartitionLog): Promise<Chunks> {
  return Chunks.of((await readAll(fixture.world, log)).bytes);
}

const compressible = ['x'.repeat(400), 'x'.repeat(400)];

test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'compression.type %s is applied to what a producer sent otherwise',
  async (codec) => {
    const fixture = await LogFixture.open({ config: { compressionType: codec } });
    const log = fixture.log();
    const input = { producerId: 3, producerEpoch: 1, baseSequence: 0 };
    fixture.put(log, ['first']);
    expect(fixture.put(log, compressible, input)).toMatchObject({ kind: 'accepted', firstOffset: 1, lastOffset: 2 });
    expect(fixture.put(log, compressible, input)).toMatchObject({ kind: 'duplicate', firstOffset: 1 });
    const found = [...batchesOf(await stored(fixture, log))];
    const header = found[1]?.header;
    expect(header).toMatchObject({ codec, baseOffset: 1, ...input, recordCount: 2 });
    if (header === undefined || found[1] === undefined) return;
    expect(verifyCrc(found[1].bytes, 0, header)).toBe(true);
    const records = [...recordsOf(found[1].bytes, header)];
    expect(records.map(({ offset, value }) => `${offset}=${value?.toString()}`)).toEqual([
      `1=${compressible[0]}`,
      `2=${compressible[1]}`,
    ]);
  },
);

test('max.message.bytes holds for what a producer sent and for what became of it', async () => {
  const config: Partial<LogConfig> = { compressionType: 'uncompressed', maxMessageBytes: 500 };
  const fixture = await LogFixture.open({ config });
  const log = fixture.log();
  expect(fixture.put(log, compressible)).toMatchObject({ error: ErrorCode.MESSAGE_TOO_LARGE });
  const packed = batch(compressible, { codec: 'gzip' });
  expect(packed.byteLength).toBeLessThan(500);
  expect(fixture.append(log, packed)).toMatchObject({ kind: 'refused', error: ErrorCode.MESSAGE_TOO_LARGE });
  expect(fixture.put(log, ['small'], { codec: 'gzip' })).toMatchObject({ kind: 'accepted', firstOffset: 0 });
  expect(readBatchHeader(await stored(fixture, log), 0)?.codec).toBe('none');
});

test('bits of the header that flipped on the way give an answer that a client repeats the batch for', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  for (let position = 21; position < 61; position++) {
    const flipped = Buffer.from(batch(['a', 'b']).toBuffer());
    flipped[position] = (flipped[position] ?? 0) ^ 0x40;
    expect(fixture.append(log, Chunks.of(flipped))).toMatchObject({ error: ErrorCode.CORRUPT_MESSAGE });
  }
});

test('a batch that is larger than a segment is refused', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 300 } });
  expect(fixture.put(fixture.log(), compressible)).toMatchObject({ error: ErrorCode.RECORD_LIST_TOO_LARGE });
});

test('under LogAppendTime the broker says when a record was written', async () => {
  const fixture = await LogFixture.open({ config: { messageTimestampType: 'LogAppendTime' } });
  const log = fixture.log();
  const now = fixture.world.clock.wall();
  const input = { producerId: 3, producerEpoch: 1, baseSequence: 0 };
  const answer = { firstOffset: 0, logAppendTimeMs: now };
  const longAgo = batch(['a', 'b'], { ...input, timestamp: 5 });
  expect(fixture.append(log, longAgo)).toMatchObject({ kind: 'accepted', ...answer });
  fixture.world.turn();
  fixture.world.now += 1000;
  const again = batch(['a', 'b'], { ...input, timestamp: 5 });
  expect(fixture.append(log, again)).toMatchObject({ kind: 'duplicate', ...answer });
  const bytes = await stored(fixture, log);
  const header = readBatchHeader(bytes, 0);
  expect(header).toMatchObject({ timestampType: 'LogAppendTime', maxTimestamp: now });
  if (header === undefined) return;
  expect(verifyCrc(bytes, 0, header)).toBe(true);
  expect([...recordsOf(bytes, header)].map(({ timestamp }) => timestamp)).toEqual([now, now]);
  expect(await fixture.world.run(log.offsetForTimestamp(now, { upTo: 2 }))).toMatchObject({ offset: 0 });
});

test('under CreateTime a client may not claim LogAppendTime, nor a time outside the window', async () => {
  const fixture = await LogFixture.open({ config: { messageTimestampAfterMaxMs: 1000 } });
  const log = fixture.log();
  const now = fixture.world.clock.wall();
  const invalid = { kind: 'refused', error: ErrorCode.INVALID_TIMESTAMP };
  expect(fixture.append(log, batch(['early'], { timestamp: 1 }))).toMatchObject({ kind: 'accepted' });
  expect(fixture.append(log, batch(['late'], { timestamp: now + 5000 }))).toMatchObject(invalid);
  const claimed = batch(['a'], { timestamp: now, timestampType: 'LogAppendTime', maxTimestamp: now });
  expect(fixture.append(log, claimed)).toMatchObject(invalid);
});

test('a follower takes offsets and epochs as they are, up to the epoch that it asked for', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  const from = (baseOffset: number, partitionLeaderEpoch: number): Buffer =>
    buildBatch({ records: [{ key: null, value: Buffer.from('v'), timestamp: 1 }], baseOffset, partitionLeaderEpoch });
  const run = Chunks.of(Buffer.concat([from(0, 1), from(5, 2), from(6, 3)]));
  const outcome = fixture.append(log, run, { origin: 'replication', leaderEpoch: 2 });
  expect(outcome).toMatchObject({ kind: 'accepted', firstOffset: 0, lastOffset: 5 });
  fixture.world.turn();
  expect([log.logEndOffset, log.latestEpoch]).toEqual([6, 2]);
  expect(log.endOffsetForEpoch(1)).toEqual({ epoch: 1, endOffset: 5 });
  const repeated = fixture.append(log, Chunks.of(from(3, 2)), { origin: 'replication', leaderEpoch: 2 });
  expect(repeated).toMatchObject({ error: ErrorCode.OFFSET_OUT_OF_RANGE });
  const damaged = from(6, 2);
  damaged[63] = (damaged[63] ?? 0) ^ 1;
  const refused = fixture.append(log, Chunks.of(damaged), { origin: 'replication', leaderEpoch: 2 });
  expect(refused).toMatchObject({ error: ErrorCode.CORRUPT_MESSAGE });
});

test('the quorum takes no gap', async () => {
  const fixture = await LogFixture.open();
  const log = fixture.log();
  const append = (baseOffset: number): unknown =>
    fixture.append(log, batch(['v'], { baseOffset, partitionLeaderEpoch: 1 }), { origin: 'raft', leaderEpoch: 1 });
  expect(append(0)).toMatchObject({ kind: 'accepted' });
  expect(append(2)).toMatchObject({ error: ErrorCode.OFFSET_OUT_OF_RANGE });
  expect(append(1)).toMatchObject({ kind: 'accepted', firstOffset: 1 });
});

test('flush.messages and flush.ms force a sync, each by itself', async () => {
  const byCount = await LogFixture.open({ config: { flushMessages: 2 } });
  byCount.put(byCount.log(), ['a']);
  await byCount.world.settle();
  expect(byCount.log().recoveryPoint).toBe(0);
  byCount.put(byCount.log(), ['b']);
  await byCount.world.settle();
  expect(byCount.log().recoveryPoint).toBe(2);
  const byAge = await LogFixture.open({ config: { flushMs: 1000 } });
  byAge.put(byAge.log(), ['a']);
  await byAge.world.advance(999);
  expect(byAge.log().recoveryPoint).toBe(0);
  await byAge.world.advance(1);
  expect(byAge.log().recoveryPoint).toBe(1);
  expect((await byAge.crash()).logEndOffset).toBe(1);
});

test('segment.ms begins a new segment by the times of the records', async () => {
  const fixture = await LogFixture.open({ config: { segmentMs: 1000 } });
  const log = fixture.log();
  const start = fixture.world.clock.wall() - 60_000;
  for (const after of [0, 1000, 1001, 1500, 2002]) fixture.append(log, batch(['v'], { timestamp: start + after }));
  fixture.world.turn();
  expect(log.segments().map(({ baseOffset }) => baseOffset)).toEqual([0, 2, 4]);
});

test('retention deletes the active segment too, and the log goes on where it was', async () => {
  const fixture = await LogFixture.open({ config: { retentionBytes: 0 } });
  const log = fixture.log();
  fixture.put(log, ['a']);
  log.updateHighWatermark(1);
  await fixture.world.run(fixture.store.runRetention());
  expect([log.logStartOffset, log.logEndOffset, log.sizeInBytes]).toEqual([1, 1, 0]);
  const killed = await fixture.kill();
  expect([killed.logStartOffset, killed.logEndOffset]).toEqual([1, 1]);
  expect(fixture.put(killed, ['b'])).toMatchObject({ firstOffset: 1 });
});

const twoDirectories = { directories: ['/one', '/two'] };

test('logs are spread over the directories; one that fails takes its own logs with it and no others', async () => {
  const fixture = await LogFixture.open(twoDirectories);
  const { disk } = fixture.world;
  const logs = [0, 1, 2, 3].map((partition) => fixture.log(partition));
  const inOne = (log: PartitionLog): boolean => log.path.startsWith('/one/');
  expect(logs.filter(inOne).length).toBe(2);
  const offline: string[] = [];
  fixture.store.onDirectoryOffline(({ path }) => offline.push(path));
  disk.fault = (operation, path) => (operation === 'write' && path.startsWith('/one/') ? 'EIO' : undefined);
  for (const log of logs) fixture.put(log, ['a']);
  expect(offline).toEqual(['/one']);
  expect(logs.map((log) => log.offline !== undefined)).toEqual(logs.map(inOne));
  expect(logs.filter((log) => !inOne(log)).map(({ logEndOffset }) => logEndOffset)).toEqual([1, 1]);
  expect(fixture.log(9).path).toBe('/two/t-9');
  await fixture.world.run(fixture.store.close({ brokerEpoch: 1 }));
  expect(disk.stat('/one/.kafka_cleanshutdown')).toBeUndefined();
  expect(disk.stat('/two/.kafka_cleanshutdown')).toBeDefined();
});

test('a directory that takes only logs that name it gets no others, however few it has', async () => {
  const fixture = await LogFixture.open({ directories: ['/data', '/meta'], onlyByName: ['/meta'] });
  const directory = fixture.store.directories().find(({ path }) => path === '/meta')?.directoryId ?? '';
  const named = { topic: 'm', topicId, partition: 0, config: fixture.config, directory };
  expect(fixture.store.create(named).path).toBe('/meta/m-0');
  expect([0, 1, 2].map((partition) => fixture.log(partition).path)).toEqual(['/data/t-0', '/data/t-1', '/data/t-2']);
});

test('a directory that fails at the start is offline and the others are served', async () => {
  const fixture = await LogFixture.open(twoDirectories);
  for (const partition of [0, 1]) fixture.put(fixture.log(partition), ['a']);
  await fixture.world.run(fixture.store.close({ brokerEpoch: 1 }));
  fixture.world.disk.fault = (_, path) => (path.startsWith('/one') ? 'EIO' : undefined);
  await fixture.openStore();
  expect(fixture.store.directories().map(({ path, offline }) => [path, offline])).toEqual([
    ['/one', true],
    ['/two', false],
  ]);
  expect([...fixture.store.logs()].map(({ path }) => path)).toEqual(['/two/t-1']);
  expect(fixture.store.previousBrokerEpoch).toBe(-1);
});

test('what a compaction that did not finish has left behind is completed or removed', async () => {
  const fixture = await LogFixture.open({ config: { segmentBytes: 200 } });
  const log = fixture.log();
  for (let i = 0; i < 6; i++) fixture.put(log, [`v${i}`]);
  const [, second] = log.segments();
  const end = second?.baseOffset ?? 0;
  const { disk } = fixture.world;
  const kept = batch(['kept'], { baseOffset: end - 1 }).toBuffer();
  disk.replaceFile(`${log.path}/00000000000000000000.log.swap`, kept);
  disk.replaceFile(`${log.path}/00000000000000000000.index.swap`, Buffer.alloc(0));
  disk.replaceFile(`${log.path}/${String(end).padStart(20, '0')}.log.cleaned`, kept);
  disk.replaceFile(`${log.path}/${String(end).padStart(20, '0')}.log.swap`, kept);
  const killed = await fixture.kill();
  expect(disk.list(killed.path).filter((name) => /swap|cleaned/.test(name))).toEqual([]);
  const found = [...batchesOf(await stored(fixture, killed))];
  const values = found.flatMap(({ bytes, header }) => [...recordsOf(bytes, header)].map(({ value }) => String(value)));
  expect(values).toEqual(['kept', ...[0, 1, 2, 3, 4, 5].slice(end).map((i) => `v${i}`)]);
  expect(killed.logEndOffset).toBe(6);
});
