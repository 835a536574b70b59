/** When the cleaner works, when it gives up, and what it remembers. */
import { Chunks } from '@tidelog/core';
import { buildBatch } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import type { PartitionLog } from '../partition-log.ts';
import { readBack } from '../testing/compaction-model.ts';
import { LogFixture } from '../testing/log-fixture.ts';

const checkpoint = '/data/cleaner-offset-checkpoint';

async function filled(): Promise<{ fixture: LogFixture; log: PartitionLog }> {
  const fixture = await LogFixture.open({
    config: { cleanupPolicy: ['compact'], segmentBytes: 400, fileDeleteDelayMs: 0 },
    store: { tailBytes: 0 },
  });
  const log = fixture.log();
  put(fixture, log, 20);
  return { fixture, log };
}

function put(fixture: LogFixture, log: PartitionLog, count: number): void {
  for (let i = 0; i < count; i++) {
    const records = [
      { key: Buffer.from(`k${i % 2}`), value: Buffer.from(`v${i}`), timestamp: fixture.world.clock.wall() },
    ];
    fixture.append(log, Chunks.of(buildBatch({ records })));
    fixture.world.turn();
  }
  log.updateHighWatermark(log.logEndOffset);
}

const clean = ({ store, world }: LogFixture): Promise<boolean> => world.run(store.cleaner.cleanFilthiest());
const checkpointOf = ({ world }: LogFixture): string => world.disk.readFile(checkpoint).toString();

test('a log is cleaned once, and again when there is enough that is new', async () => {
  const { fixture, log } = await filled();
  expect(await clean(fixture)).toBe(true);
  const active = log.segments().at(-1)?.baseOffset;
  expect(checkpointOf(fixture)).toBe(`0\n1\nt 0 ${active}\n`);
  expect(await clean(fixture)).toBe(false);
  put(fixture, log, 20);
  expect(await clean(fixture)).toBe(true);
});

test('a truncation below the clean point moves it back at once', async () => {
  const { fixture, log } = await filled();
  await clean(fixture);
  await fixture.world.run(log.truncateTo(6));
  expect(checkpointOf(fixture)).toBe('0\n1\nt 0 6\n');
});

test('a log that was deleted leaves nothing that the next one of its name could be taken for clean by', async () => {
  const { fixture } = await filled();
  await clean(fixture);
  await fixture.world.run(fixture.store.delete('t', 0));
  expect(checkpointOf(fixture)).toBe('0\n0\n');
});

test('a log whose owner has not spoken since the start is left alone', async () => {
  const { fixture } = await filled();
  await fixture.world.run(fixture.store.close({ brokerEpoch: 1 }));
  await fixture.openStore();
  expect(await clean(fixture)).toBe(false);
  const log = fixture.log();
  log.updateHighWatermark(log.logEndOffset);
  expect(await clean(fixture)).toBe(true);
});

test('a truncation in the middle ends the cleaning and leaves no file behind', async () => {
  const { fixture, log } = await filled();
  const cleaning = fixture.store.cleaner.cleanFilthiest();
  await fixture.world.breathe();
  await fixture.world.run(log.truncateTo(10));
  expect(await fixture.world.run(cleaning)).toBe(false);
  expect(fixture.world.disk.list('/data/t-0').filter((name) => /cleaned|swap/.test(name))).toEqual([]);
  expect((await readBack(fixture, log)).entries.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('what is damaged makes a log uncleanable and changes nothing', async () => {
  const { fixture, log } = await filled();
  fixture.world.disk.flipBit('/data/t-0/00000000000000000000.log', { position: 70, bit: 1 });
  expect(await clean(fixture)).toBe(false);
  expect(await clean(fixture)).toBe(false);
  expect(log.segments()[0]?.baseOffset).toBe(0);
  expect(log.offline).toBeUndefined();
});

test('a rate that is set while it runs holds from then on', async () => {
  const { fixture } = await filled();
  fixture.store.cleaner.reconfigure({ ioMaxBytesPerSecond: 1000 });
  const cleaned = fixture.store.cleaner.cleanFilthiest();
  const state = { done: false };
  void cleaned.then(() => (state.done = true));
  await fixture.world.settle();
  expect(state.done).toBe(false);
  for (let seconds = 0; seconds < 60 && !state.done; seconds++) await fixture.world.advance(1000);
  expect(await cleaned).toBe(true);
});
