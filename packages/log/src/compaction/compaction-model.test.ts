/**
 * Random topics against a model: whatever is compacted, crashed and compacted again, the last committed value of every
 * key is there, at the offset it always had, and nothing beyond the cleanable part is touched.
 */
import { SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import { CompactionModel, latestOf, readBack, type Entry } from '../testing/compaction-model.ts';
import { LogFixture } from '../testing/log-fixture.ts';

const firstSeed = Number(process.env['SEED'] ?? 1);
const seeds = Number(process.env['SEEDS'] ?? 25);

async function run(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  const tailBytes = random.below(2) === 0 ? 0 : 3000;
  const fixture = new LogFixture({
    seed,
    config: {
      cleanupPolicy: ['compact'],
      segmentBytes: 300 + random.below(1500),
      indexIntervalBytes: random.below(300),
      minCleanableDirtyRatio: 0,
      deleteRetentionMs: random.below(3) * 1000,
      fileDeleteDelayMs: random.below(2) * 1000,
    },
    store: {
      tailBytes,
      transactionVerification: false,
      cleaner: {
        dedupeBufferBytes: random.below(3) === 0 ? 400 : 100_000,
        ioBufferBytes: 100 + random.below(2000),
      },
    },
  });
  await fixture.openStore();
  let log = fixture.log();
  const model = new CompactionModel(fixture, random, 5 + random.below(40));
  for (let round = 0; round < 4; round++) {
    for (let i = random.below(80); i >= 0; i--) model.step(log);
    if (round === 3) while (model.endOne(log));
    const before = await readBack(fixture, log);
    const stable = log.lastStableOffset;
    const active = log.segments().at(-1)?.baseOffset ?? 0;
    while (await fixture.world.run(fixture.store.cleaner.cleanFilthiest()));
    const after = await readBack(fixture, log);
    expect(latestOf(after.entries), 'the last values').toEqual(model.latest());
    expect(after.end, 'the end').toBe(before.end);
    const from = Math.min(stable, active);
    const young = (entries: readonly Entry[]): Entry[] => entries.filter(({ offset }) => offset >= from);
    expect(young(after.entries), 'what is not cleanable').toEqual(young(before.entries));
    for (const entry of after.entries) expect(model.written[indexOf(model, entry)]).toMatchObject(withoutFate(entry));
    const producers = log.activeProducers();
    await fixture.world.advance(random.below(2500));
    const dice = random.below(4);
    if (dice === 0) log = await fixture.restart();
    if (dice === 1) {
      await fixture.world.run(fixture.store.checkpoint());
      log = await fixture.kill();
    }
    if (dice <= 1) {
      log.updateHighWatermark(log.logEndOffset);
      const again = await readBack(fixture, log);
      expect(latestOf(again.entries), 'the last values after a restart').toEqual(model.latest());
      // What is served from memory is not compacted.
      if (tailBytes === 0) expect(again.bytes.equals(after.bytes), 'the same bytes after a restart').toBe(true);
      for (const { producerId, lastSequence } of producers) {
        const found = log.activeProducers().find((other) => other.producerId === producerId);
        expect(found?.lastSequence, `the last sequence of ${producerId}`).toBe(lastSequence);
      }
    }
  }
  await fixture.world.run(fixture.store.close({ brokerEpoch: 1 }));
}

function indexOf(model: CompactionModel, { offset }: Entry): number {
  return model.written.findIndex((entry) => entry.offset === offset);
}

function withoutFate({ offset, key, value, timestamp }: Entry): Partial<Entry> {
  return { offset, key, value, timestamp };
}

test('seed 110: a transaction that ended before the dirty part does not make later data of its producer aborted', () =>
  run(110));

test(`compaction keeps what the model says (${seeds} seeds from ${firstSeed})`, { timeout: 240_000 }, async () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    try {
      await run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: SEED=${seed} SEEDS=1 vitest run packages/log`, { cause: error });
    }
  }
});
