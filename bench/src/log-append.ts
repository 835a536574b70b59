/**
 * Appending to one log against a limit program that only checks the CRC and writes the same bytes: 100 B and 1 KiB
 * records in batches of 16 KiB and 1 MiB, ten batches a turn. The two take turns; each line of JSON is one shape with
 * the median of the rounds. Run it alone: node --conditions=source bench/src/log-append.ts [directory]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chunks, crc32c, createNodeWorld, silentLogger, zeroUuid, type DiskFile } from '@tidelog/core';
import { defaultLogConfig, LogStore, type PartitionLog } from '@tidelog/log';
import { buildBatch } from '@tidelog/protocol';

const rounds = 7;
const bytesPerRound = 256 * 1024 * 1024;
const batchesPerTurn = 10;
const world = createNodeWorld();
const root = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'tidelog-append-'));

function makeBatch(recordBytes: number, batchBytes: number): Buffer {
  const value = Buffer.alloc(recordBytes - 10, 'x');
  const timestamp = world.clock.wall();
  const count = Math.floor(batchBytes / recordBytes);
  return buildBatch({ records: Array.from({ length: count }, () => ({ key: null, value, timestamp })) });
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Bytes per second through a log. */
async function throughLog(log: PartitionLog, batch: Buffer, turns: number): Promise<number> {
  const copies = Array.from({ length: turns * batchesPerTurn }, () => Buffer.from(batch));
  const start = process.hrtime.bigint();
  for (let turn = 0; turn < turns; turn++) {
    for (let i = 0; i < batchesPerTurn; i++) {
      const records = Chunks.of(copies[turn * batchesPerTurn + i] as Buffer);
      const outcome = log.append(records, { origin: 'client', leaderEpoch: 0, wallNow: world.clock.wall() });
      if (outcome.kind !== 'accepted') throw new Error(outcome.kind === 'refused' ? outcome.detail : outcome.kind);
    }
    do await endOfTurn();
    while (log.nextOffset > log.logEndOffset);
  }
  return rateSince(start, turns * batchesPerTurn * batch.length);
}

/** Bytes per second when nothing is done but what nobody can leave out. */
async function throughLimit(file: DiskFile, batch: Buffer, turns: number): Promise<number> {
  const copies = Array.from({ length: turns * batchesPerTurn }, () => Buffer.from(batch));
  const start = process.hrtime.bigint();
  let position = 0;
  for (let turn = 0; turn < turns; turn++) {
    const pieces = copies.slice(turn * batchesPerTurn, (turn + 1) * batchesPerTurn);
    for (const piece of pieces) {
      if (crc32c(piece.subarray(21)) !== piece.readUInt32BE(17)) throw new Error('the checksum is wrong');
    }
    file.write(pieces, position);
    position += batchesPerTurn * batch.length;
    await endOfTurn();
  }
  return rateSince(start, position);
}

function rateSince(start: bigint, bytes: number): number {
  return bytes / (Number(process.hrtime.bigint() - start) / 1e9);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

async function measure(recordBytes: number, batchBytes: number): Promise<void> {
  const directory = `${root}/${recordBytes}-${batchBytes}`;
  const config = { ...defaultLogConfig, maxMessageBytes: 2 * 1024 * 1024 };
  const logDirs = [{ path: directory, directoryId: zeroUuid }];
  const store = await LogStore.open({ world, logger: silentLogger, logDirs, config: { logDefaults: config } });
  const log = store.create({ topic: 'bench', topicId: zeroUuid, partition: 0, config });
  const file = world.disk.open(`${directory}/limit`, 'write');
  const batch = makeBatch(recordBytes, batchBytes);
  const turns = Math.max(1, Math.floor(bytesPerRound / batch.length / batchesPerTurn));
  const rates: { log: number; limit: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const limit = await throughLimit(file, batch, turns);
    const ours = await throughLog(log, batch, turns);
    if (round > 0) rates.push({ log: ours, limit });
    file.truncate(0);
    await log.truncateFullyAndStartAt(log.logEndOffset);
  }
  const mebibytes = (rate: number): number => Math.round(rate / 1024 / 1024);
  const logRate = median(rates.map((rate) => rate.log));
  const limitRate = median(rates.map((rate) => rate.limit));
  const ratios = rates.map((rate) => rate.log / rate.limit);
  const line = {
    bench: 'log-append',
    recordBytes,
    batchBytes,
    logMiBps: mebibytes(logRate),
    limitMiBps: mebibytes(limitRate),
    recordsPerSecond: Math.round(logRate / recordBytes),
    ratio: Number(median(ratios).toFixed(2)),
    ratioMin: Number(Math.min(...ratios).toFixed(2)),
    ratioMax: Number(Math.max(...ratios).toFixed(2)),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
  file.close();
  await store.close({ brokerEpoch: -1 });
}

for (const recordBytes of [100, 1024]) {
  for (const batchBytes of [16 * 1024, 1024 * 1024 - 1024]) await measure(recordBytes, batchBytes);
}
rmSync(root, { recursive: true, force: true });
