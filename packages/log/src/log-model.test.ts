/**
 * Random operations on a log against a model that is a list: whatever is done to it, the log holds exactly what the
 * model says, and after a crash at least what was promised. A failure names its seed.
 */
import { Chunks, SeededRandom } from '@tidelog/core';
import { batchesOf, recordsOf, verifyCrc } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import type { PartitionLog } from './partition-log.ts';
import { batch, LogFixture, readAll } from './testing/log-fixture.ts';

interface Entry {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly values: readonly string[];
  readonly epoch: number;
}

class Model {
  entries: Entry[] = [];
  start = 0;
  end = 0;
  /** Everything below survives any crash. */
  durable = 0;
  epoch = 0;
  sequence = 0;
  counter = 0;
}

class Run {
  readonly random: SeededRandom;
  readonly model = new Model();
  readonly fixture: LogFixture;
  log!: PartitionLog;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.fixture = new LogFixture({
      seed,
      config: {
        segmentBytes: 400 + this.random.below(1200),
        indexIntervalBytes: this.random.below(300),
        flushBeforeAck: this.random.below(2) === 0,
      },
      store: { tailBytes: this.random.below(3) === 0 ? 0 : 3000, maxOpenFiles: 1 + this.random.below(6) },
    });
  }

  async start(): Promise<void> {
    await this.fixture.openStore();
    this.log = this.fixture.log();
  }

  async step(): Promise<string> {
    const dice = this.random.below(100);
    if (dice < 55) return this.append();
    if (dice < 65) return this.endTurn();
    if (dice < 70) return this.flush();
    if (dice < 76) return this.truncate();
    if (dice < 80) return this.deleteRecords();
    if (dice < 84) return this.restart();
    if (dice < 88) return this.kill();
    if (dice < 92) return this.crash();
    if (dice < 94) return this.startOver();
    return this.fillDisk();
  }

  append(): string {
    const { model, random } = this;
    if (random.below(10) === 0) model.epoch++;
    const values = Array.from(
      { length: 1 + random.below(4) },
      () => `v${model.counter++}-${'x'.repeat(random.below(60))}`,
    );
    const records = batch(values, { producerId: 77, producerEpoch: 0, baseSequence: model.sequence });
    const outcome = this.fixture.append(this.log, records, { leaderEpoch: model.epoch });
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    const expected = model.entries.at(-1)?.lastOffset ?? model.end - 1;
    expect(outcome.firstOffset).toBe(Math.max(expected + 1, model.end));
    model.entries.push({ ...outcome, values, epoch: model.epoch });
    model.end = outcome.lastOffset + 1;
    model.sequence += values.length;
    return `append ${outcome.firstOffset}..${outcome.lastOffset}`;
  }

  async endTurn(): Promise<string> {
    await this.fixture.world.settle();
    if (this.fixture.config.flushBeforeAck) this.model.durable = this.model.end;
    return 'end of turn';
  }

  async flush(): Promise<string> {
    await this.fixture.world.run(this.log.flush());
    this.model.durable = this.model.end;
    if (this.random.below(2) === 0) await this.fixture.world.run(this.fixture.store.checkpoint());
    return 'flush';
  }

  async truncate(): Promise<string> {
    const { model, random } = this;
    await this.fixture.world.settle();
    const boundaries = model.entries.map((entry) => entry.firstOffset).filter((offset) => offset > model.start);
    const offset = boundaries[random.below(boundaries.length)];
    if (offset === undefined) return 'nothing to truncate';
    await this.fixture.world.run(this.log.truncateTo(offset));
    this.cutModel(offset);
    await this.flush();
    return `truncate to ${offset}`;
  }

  cutModel(end: number): void {
    const { model } = this;
    const lost = model.entries.filter((entry) => entry.firstOffset >= end);
    model.sequence -= lost.reduce((sum, entry) => sum + entry.values.length, 0);
    model.entries = model.entries.filter((entry) => entry.firstOffset < end);
    model.end = end;
    model.durable = Math.min(model.durable, end);
    model.epoch = Math.max(model.epoch, this.log.latestEpoch);
  }

  async deleteRecords(): Promise<string> {
    const { model, random } = this;
    await this.endTurn();
    this.log.updateHighWatermark(model.end);
    const offset = model.start + random.below(model.end - model.start + 1);
    this.log.incrementLogStartOffset(offset, 'test');
    await this.fixture.world.run(this.fixture.store.runRetention());
    model.start = offset;
    await this.flush();
    await this.fixture.world.run(this.fixture.store.checkpoint());
    return `delete records below ${offset}`;
  }

  async restart(): Promise<string> {
    this.log = await this.fixture.restart();
    this.model.durable = this.model.end;
    return 'restart';
  }

  async kill(): Promise<string> {
    await this.endTurn();
    this.log = await this.fixture.kill();
    return 'kill';
  }

  async crash(): Promise<string> {
    const keep = [0, 0.5, 0.9, 1][this.random.below(4)] ?? 0;
    this.log = await this.fixture.crash(keep);
    const { model } = this;
    const end = this.log.logEndOffset;
    expect(end).toBeGreaterThanOrEqual(model.durable);
    expect(end).toBeLessThanOrEqual(Math.max(model.end, model.durable));
    this.cutModel(end);
    await this.flush();
    return `crash, ${end} left`;
  }

  async startOver(): Promise<string> {
    const { model } = this;
    await this.fixture.world.settle();
    const offset = model.end + 1 + this.random.below(50);
    await this.fixture.world.run(this.log.truncateFullyAndStartAt(offset));
    Object.assign(model, { entries: [], start: offset, end: offset, durable: offset, sequence: 0 });
    await this.flush();
    await this.fixture.world.run(this.fixture.store.checkpoint());
    return `start over at ${offset}`;
  }

  async fillDisk(): Promise<string> {
    await this.fixture.world.settle();
    const { disk } = this.fixture.world;
    const before = this.model.end;
    disk.capacityBytes = disk.usedBytes() + this.random.below(100);
    for (let i = this.random.below(4); i >= 0; i--) this.append();
    await this.fixture.world.settle();
    disk.capacityBytes = Infinity;
    const end = this.log.logEndOffset;
    expect(end).toBeGreaterThanOrEqual(before);
    this.cutModel(end);
    return `full disk, ${end} left`;
  }

  async check(): Promise<void> {
    const { model, log } = this;
    await this.fixture.world.settle();
    if (this.fixture.config.flushBeforeAck) model.durable = model.end;
    expect([log.logStartOffset, log.logEndOffset]).toEqual([model.start, model.end]);
    const from = model.start + this.random.below(model.end - model.start + 1);
    const { bytes } = await readAll(this.fixture.world, log, from, 1 + this.random.below(900));
    const read: Entry[] = [];
    for (const { header, bytes: one } of batchesOf(Chunks.of(bytes))) {
      expect(verifyCrc(one, 0, header)).toBe(true);
      const values = [...recordsOf(one, header)].map((record) => record.value?.toString() ?? 'null');
      const { lastOffset, baseOffset: firstOffset, partitionLeaderEpoch: epoch } = header;
      read.push({ firstOffset, lastOffset, values, epoch });
    }
    const expected = model.entries.filter((entry) => entry.lastOffset >= from);
    expect(read).toEqual(
      expected.map(({ firstOffset, lastOffset, values, epoch }) => ({ firstOffset, lastOffset, values, epoch })),
    );
    for (const { epoch } of expected) {
      const next = model.entries.find((entry) => entry.epoch > epoch);
      expect(log.endOffsetForEpoch(epoch).endOffset).toBe(next?.firstOffset ?? model.end);
    }
  }
}

const seeds = Number(process.env['TIDELOG_LOG_SEEDS'] ?? 60);
const firstSeed = Number(process.env['TIDELOG_LOG_SEED'] ?? 1);

// TIDELOG_LOG_SEED=n TIDELOG_LOG_SEEDS=1 replays one.
test(`a log is its model (${seeds} seeds from ${firstSeed})`, async () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const run = new Run(seed);
    const trace: string[] = [];
    try {
      await run.start();
      for (let i = 0; i < 60; i++) {
        trace.push(await run.step());
        await run.check();
      }
    } catch (error) {
      throw new Error(`seed ${seed}: ${trace.slice(-8).join('; ')}`, { cause: error });
    }
  }
});
