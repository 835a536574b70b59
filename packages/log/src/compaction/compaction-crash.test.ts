/**
 * The process dies, or power fails, at every single file operation of a compaction in turn: after the restart each
 * key's last value is there, the log ends where it ended, and the next compaction comes to its end.
 */
import { DiskError, SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import type { PartitionLog } from '../partition-log.ts';
import { CompactionModel, latestOf, readBack } from '../testing/compaction-model.ts';
import { LogFixture } from '../testing/log-fixture.ts';

type Death = 'process' | 'power' | 'power, torn';

async function filled(fileDeleteDelayMs: number): Promise<{ fixture: LogFixture; model: CompactionModel }> {
  const random = new SeededRandom(4711);
  const fixture = new LogFixture({
    config: {
      cleanupPolicy: ['compact'],
      segmentBytes: 1500,
      indexIntervalBytes: 100,
      minCleanableDirtyRatio: 0,
      deleteRetentionMs: 0,
      fileDeleteDelayMs,
    },
    store: { tailBytes: 0, transactionVerification: false, cleaner: { ioBufferBytes: 2000 } },
  });
  await fixture.openStore();
  const log = fixture.log();
  const model = new CompactionModel(fixture, random, 12, ['none', 'lz4']);
  for (let i = 0; i < 25; i++) model.step(log);
  await fixture.world.run(log.flush());
  await fixture.world.run(fixture.store.checkpoint());
  await compactAll(fixture);
  for (let i = 0; i < 25; i++) model.step(log);
  while (model.endOne(log));
  await fixture.world.run(log.flush());
  // The recovery point that a restart finds is older than what was compacted.
  return { fixture, model };
}

async function compactAll(fixture: LogFixture): Promise<void> {
  while (await fixture.world.run(fixture.store.cleaner.cleanFilthiest()));
}

/** Has the process die at the n-th operation on the disk; false when compaction needs fewer. */
async function dieAt(fixture: LogFixture, n: number): Promise<boolean> {
  let count = 0;
  fixture.world.disk.fault = () => (count++ >= n ? 'OTHER' : undefined);
  try {
    await compactAll(fixture);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
  }
  fixture.world.disk.fault = undefined;
  return count > n;
}

async function revive(fixture: LogFixture, death: Death): Promise<PartitionLog> {
  if (death === 'process') return fixture.kill();
  return fixture.crash(death === 'power' ? 0 : 0.5);
}

/** Every operation is tried with STEP=1; an ordinary run takes each of them in one of the three ways to die. */
const step = Number(process.env['STEP'] ?? 3);

for (const [index, death] of (['process', 'power', 'power, torn'] as const).entries()) {
  for (const delay of [0, 60_000]) {
    test(`${death} fails at every step of a compaction, files go after ${delay} ms`, { timeout: 120_000 }, async () => {
      let operations = 0;
      for (let n = index % step; ; n += step) {
        const { fixture, model } = await filled(delay);
        const end = fixture.log().logEndOffset;
        if (!(await dieAt(fixture, n))) break;
        operations++;
        let log = await revive(fixture, death);
        log.updateHighWatermark(log.logEndOffset);
        expect(log.logEndOffset, `the end, operation ${n}`).toBe(end);
        expect(latestOf((await readBack(fixture, log)).entries), `operation ${n}`).toEqual(model.latest());
        await compactAll(fixture);
        expect(latestOf((await readBack(fixture, log)).entries), `compacted, operation ${n}`).toEqual(model.latest());
        const names = fixture.world.disk.list('/data/t-0');
        expect(names.filter((name) => /cleaned|swap/.test(name))).toEqual([]);
        const indexed = log.segments().slice(0, -1);
        for (const { path, sizeInBytes } of indexed) {
          const index = path.replace(/log$/, 'index');
          if (sizeInBytes > 400) expect(fixture.world.disk.stat(index), `${index}, operation ${n}`).toBeDefined();
        }
        log = await revive(fixture, 'power');
        expect(latestOf((await readBack(fixture, log)).entries), `again, operation ${n}`).toEqual(model.latest());
      }
      expect(operations * step).toBeGreaterThan(100);
    });
  }
}

test('a renaming that fails leaves a log that has everything, or is offline until the next start', async () => {
  let offline = 0;
  for (let n = 0; ; n++) {
    const { fixture, model } = await filled(60_000);
    const { disk } = fixture.world;
    let count = 0;
    disk.fault = (operation) => (operation === 'name' && count++ === n ? 'ENOSPC' : undefined);
    await fixture.world.run(fixture.store.cleaner.cleanFilthiest());
    disk.fault = undefined;
    if (fixture.log().offline === undefined) {
      expect(latestOf((await readBack(fixture, fixture.log())).entries)).toEqual(model.latest());
      await compactAll(fixture);
      expect(latestOf((await readBack(fixture, fixture.log())).entries)).toEqual(model.latest());
    } else {
      offline++;
    }
    const log = n % 2 === 0 ? await fixture.restart() : await fixture.kill();
    expect(latestOf((await readBack(fixture, log)).entries)).toEqual(model.latest());
    if (count <= n) break;
  }
  expect(offline).toBeGreaterThan(0);
});
