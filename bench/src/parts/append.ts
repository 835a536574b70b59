/**
 * Appending to one log, without network and broker, against what nobody can leave out: checking the CRC and writing the
 * same bytes. Ten batches a turn of the event loop, as a busy connection brings them; the two take turns.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chunks, crc32c, createNodeWorld, silentLogger, zeroUuid, type DiskFile } from '@tidelog/core';
import { defaultLogConfig, LogStore, type PartitionLog } from '@tidelog/log';
import { buildBatch } from '@tidelog/protocol';
import { figureOf, type Figure } from '../support/figure.ts';
import type { Part } from '../support/part.ts';

const shapes = [
  { name: '100 B in 16 KiB', recordBytes: 100, batchBytes: 16 << 10 },
  { name: '1 KiB in 16 KiB', recordBytes: 1024, batchBytes: 16 << 10 },
  { name: '100 B in 1 MiB', recordBytes: 100, batchBytes: (1 << 20) - 1024 },
  { name: '1 KiB in 1 MiB', recordBytes: 1024, batchBytes: (1 << 20) - 1024 },
] as const;
const bytesPerRound = 256 << 20;
const batchesPerTurn = 10;
const world = createNodeWorld();

export const append: Part = {
  name: 'append',
  about: 'appending to a log against checking and writing the same bytes',
  async run({ rounds }) {
    const directory = mkdtempSync(join(tmpdir(), 'tidelog-bench-append-'));
    const config = { ...defaultLogConfig, maxMessageBytes: 2 << 20 };
    const logDirs = [{ path: directory, directoryId: zeroUuid }];
    const store = await LogStore.open({ world, logger: silentLogger, logDirs, config: { logDefaults: config } });
    const log = store.create({ topic: 'bench', topicId: zeroUuid, partition: 0, config });
    const file = world.disk.open(`${directory}/limit`, 'write');
    try {
      const figures: Figure[] = [];
      for (const shape of shapes) figures.push(await measure({ log, file }, shape, rounds));
      return figures;
    } finally {
      file.close();
      await store.close({ brokerEpoch: -1 });
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

interface Subject {
  readonly log: PartitionLog;
  readonly file: DiskFile;
}

async function measure({ log, file }: Subject, shape: (typeof shapes)[number], rounds: number): Promise<Figure> {
  const batch = batchOf(shape);
  const turns = Math.max(1, Math.floor(bytesPerRound / batch.length / batchesPerTurn));
  const values: number[] = [];
  const limits: number[] = [];
  // The first round warms both up.
  for (let round = -1; round < rounds; round++) {
    const limit = await throughLimit(file, batch, turns);
    const own = await throughLog(log, batch, turns);
    file.truncate(0);
    await log.truncateFullyAndStartAt(log.logEndOffset);
    if (round < 0) continue;
    values.push(own);
    limits.push(limit);
  }
  const against = { name: 'CRC and write', values: limits };
  return figureOf({ part: 'append', name: shape.name, unit: 'MiB/s', values, against });
}

function batchOf({ recordBytes, batchBytes }: (typeof shapes)[number]): Buffer {
  const value = Buffer.alloc(recordBytes - 10, 'x');
  const timestamp = world.clock.wall();
  const count = Math.floor(batchBytes / recordBytes);
  return buildBatch({ records: Array.from({ length: count }, () => ({ key: null, value, timestamp })) });
}

/** MiB a second through a log. */
async function throughLog(log: PartitionLog, batch: Buffer, turns: number): Promise<number> {
  const copies = copiesOf(batch, turns);
  const from = performance.now();
  for (const turn of copies) {
    for (const copy of turn) {
      const context = { origin: 'client', leaderEpoch: 0, wallNow: world.clock.wall() } as const;
      const outcome = log.append(Chunks.of(copy), context);
      if (outcome.kind !== 'accepted') throw new Error(outcome.kind === 'refused' ? outcome.detail : outcome.kind);
    }
    do await endOfTurn();
    while (log.nextOffset > log.logEndOffset);
  }
  return rateSince(from, turns * batchesPerTurn * batch.length);
}

/** MiB a second when nothing is done but what must be. */
async function throughLimit(file: DiskFile, batch: Buffer, turns: number): Promise<number> {
  const copies = copiesOf(batch, turns);
  const from = performance.now();
  let position = 0;
  for (const turn of copies) {
    for (const copy of turn) {
      if (crc32c(copy.subarray(21)) !== copy.readUInt32BE(17)) throw new Error('the checksum is wrong');
    }
    file.write(turn, position);
    position += batchesPerTurn * batch.length;
    await endOfTurn();
  }
  return rateSince(from, position);
}

/** Each is written to in place, so each is one of its own, as requests are. */
function copiesOf(batch: Buffer, turns: number): Buffer[][] {
  return Array.from({ length: turns }, () => Array.from({ length: batchesPerTurn }, () => Buffer.from(batch)));
}

const endOfTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function rateSince(from: number, bytes: number): number {
  return bytes / (1 << 20) / ((performance.now() - from) / 1000);
}
