/** A bit that flips in an offset index costs a longer search, and neither a record nor an answer. */
import { DiskError } from '@tidelog/core';
import { expect, test } from 'vitest';
import type { PartitionLog } from './partition-log.ts';
import { batch, LogFixture, readAll } from './testing/log-fixture.ts';

const count = 12;
const index = '/data/t-0/00000000000000000000.index';
const start = 1_700_000_000_000;

/** A log of one sealed segment of twelve batches, each with an index entry, and an active one. */
async function sealed(): Promise<LogFixture> {
  const fixture = await LogFixture.open({ config: { indexIntervalBytes: 1 }, store: { tailBytes: 0 } });
  const log = fixture.log();
  for (let i = 0; i < count; i++) {
    fixture.append(log, batch([`value ${10 + i}`], { timestamp: start + i }));
    fixture.world.turn();
  }
  log.reconfigure({ ...fixture.config, segmentBytes: 100 });
  fixture.put(log, ['active']);
  await fixture.world.settle();
  await fixture.restart();
  return fixture;
}

async function eachFlip(check: (fixture: LogFixture, log: PartitionLog) => Promise<void>): Promise<void> {
  const { size = 0 } = (await sealed()).world.disk.stat(index) ?? {};
  expect(size).toBe(8 * (count - 1));
  // The highest and the lowest bits of both fields of every entry.
  for (let at = 0; at < size; at++) {
    if (at % 4 === 1) continue;
    for (const bit of [0, 3, 6]) {
      const fixture = await sealed();
      fixture.world.disk.flipBit(index, { position: at, bit });
      await check(fixture, fixture.log());
    }
  }
}

test('reads find every batch', async () => {
  await eachFlip(async (fixture, log) => {
    for (const offset of [9, 2, 11, 6]) {
      const options = { offset, maxBytes: 1, minOneBatch: true, upTo: count };
      const outcome = await fixture.world.run(Promise.resolve(log.read(options)));
      expect(outcome).toMatchObject({ kind: 'data', firstOffset: offset });
    }
  });
});

test('a truncation cuts where it was told to', async () => {
  await eachFlip(async (fixture, log) => {
    await fixture.world.run(log.truncateTo(8));
    expect((await readAll(fixture.world, log)).next).toBe(8);
  });
});

test('times are found', async () => {
  await eachFlip(async (fixture, log) => {
    const found = await fixture.world.run(log.offsetForTimestamp(start + 7, { upTo: count }));
    expect(found).toMatchObject({ offset: 7 });
  });
});

test('a lookup by time does not pass over damage in the log', async () => {
  const fixture = await sealed();
  const path = '/data/t-0/00000000000000000000.log';
  const { size = 0 } = fixture.world.disk.stat(path) ?? {};
  fixture.world.disk.flipBit(path, { position: (size / count) * 7 + 16, bit: 3 });
  const found = fixture.world.run(fixture.log().offsetForTimestamp(start + 7, { upTo: count + 1 }));
  await expect(found).rejects.toThrow(DiskError);
});

test('a truncation that damage hides the place of takes the log offline and cuts nothing off', async () => {
  const fixture = await sealed();
  const path = '/data/t-0/00000000000000000000.log';
  const { disk } = fixture.world;
  const { size = 0 } = disk.stat(path) ?? {};
  disk.flipBit(path, { position: (size / count) * 7 + 16, bit: 3 });
  disk.flipBit(index, { position: 8 * 7 + 7, bit: 3 });
  const log = fixture.log();
  await fixture.world.run(log.truncateTo(8));
  expect(log.offline?.message).toContain('damaged');
  expect(disk.stat(path)?.size).toBe(size);
});
