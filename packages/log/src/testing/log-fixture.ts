/** Opens stores on a TestWorld and makes batches, so that a test says only what it is about. */
import { Chunks, randomUuid, SeededRandom, silentLogger } from '@tidelog/core';
import { buildBatch, type BatchInput, type RecordInput } from '@tidelog/protocol';
import { defaultLogConfig, type LogConfig } from '../core/log-config.ts';
import type { AppendOptions, AppendOutcome, LogObserver, ReadOutcome } from '../core/outcomes.ts';
import { LogStore } from '../log-store.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { LogStoreConfig } from '../store-types.ts';
import { TestWorld } from './test-world.ts';

export const topicId = 'AAAAAAAAAAAAAAAAAAAAAg';

export interface FixtureOptions {
  readonly seed?: number;
  readonly config?: Partial<LogConfig>;
  readonly store?: Partial<LogStoreConfig>;
  readonly directories?: readonly string[];
  /** Of these, the ones that take only logs that name them. */
  readonly onlyByName?: readonly string[];
}

export class LogFixture {
  readonly world: TestWorld;
  readonly config: LogConfig;
  readonly #options: FixtureOptions;
  store!: LogStore;
  readonly events: string[] = [];

  constructor(options: FixtureOptions = {}) {
    this.#options = options;
    this.world = new TestWorld(options.seed);
    this.config = { ...defaultLogConfig, ...options.config };
  }

  static async open(options: FixtureOptions = {}): Promise<LogFixture> {
    const fixture = new LogFixture(options);
    await fixture.openStore();
    return fixture;
  }

  async openStore(): Promise<LogStore> {
    const ids = new SeededRandom(99);
    const { directories = ['/data'], onlyByName = [] } = this.#options;
    const logDirs = directories.map((path) => {
      return { path, directoryId: randomUuid(ids), onlyByName: onlyByName.includes(path) };
    });
    const config = { logDefaults: this.config, ...this.#options.store };
    this.store = await this.world.run(LogStore.open({ world: this.world, logger: silentLogger, logDirs, config }));
    return this.store;
  }

  /** The log of topic t, made where it is not there, with an observer that notes what it hears. */
  log(partition = 0): PartitionLog {
    const log = this.store.create({ topic: 't', topicId, partition, config: this.config });
    log.observer ??= this.observer();
    return log;
  }

  observer(): LogObserver {
    return {
      onAppended: (end) => void this.events.push(`appended ${end}`),
      onWritten: (end) => void this.events.push(`written ${end}`),
      onFailed: (error) => void this.events.push(`failed ${error}`),
    };
  }

  /** In one process: the store that was closed has let go of its directories. */
  async restart(): Promise<PartitionLog> {
    await this.world.run(this.store.close({ brokerEpoch: 7 }));
    await this.openStore();
    return this.log();
  }

  /** The process dies and the page cache lives. */
  async kill(): Promise<PartitionLog> {
    this.world.disk.killProcess();
    this.world.forgetSchedule();
    await this.openStore();
    return this.log();
  }

  /** Power fails: of what was not synced each sector survives with the given probability. */
  async crash(keepProbability = 0): Promise<PartitionLog> {
    this.world.disk.crash(this.world.random, keepProbability);
    this.world.forgetSchedule();
    await this.openStore();
    return this.log();
  }

  append(log: PartitionLog, records: Chunks, options: Partial<AppendOptions> = {}): AppendOutcome {
    return log.append(records, { origin: 'client', leaderEpoch: 0, wallNow: this.world.clock.wall(), ...options });
  }

  /** Appends records with these values and ends the turn. */
  put(log: PartitionLog, values: readonly string[], input: Partial<BatchInput> = {}): AppendOutcome {
    const outcome = this.append(log, batch(values, { timestamp: this.world.clock.wall(), ...input }));
    this.world.turn();
    return outcome;
  }
}

export function batch(values: readonly string[], input: Partial<BatchInput> & { timestamp?: number } = {}): Chunks {
  const { timestamp = 1_700_000_000_000, ...rest } = input;
  const records: RecordInput[] = values.map((value) => ({ key: null, value: Buffer.from(value), timestamp }));
  return Chunks.of(buildBatch({ records, ...rest }));
}

/** Reads from an offset to the end of the log, batch after batch as a consumer does. */
export async function readAll(
  world: TestWorld,
  log: PartitionLog,
  from: number = log.logStartOffset,
  maxBytes = 1_000_000,
): Promise<{ readonly bytes: Buffer; readonly next: number }> {
  const parts: Buffer[] = [];
  let offset = from;
  while (offset < log.logEndOffset) {
    const outcome: ReadOutcome = await world.run(
      Promise.resolve(log.read({ offset, maxBytes, minOneBatch: true, upTo: log.logEndOffset })),
    );
    if (outcome.kind !== 'data') throw new Error(`read at ${offset}: ${JSON.stringify(outcome)}`);
    const bytes = outcome.records.toBuffer();
    const before = offset;
    let at = 0;
    while (at + 61 <= bytes.length) {
      const size = bytes.readInt32BE(at + 8) + 12;
      if (at + size > bytes.length) break;
      const next = Number(bytes.readBigInt64BE(at)) + bytes.readInt32BE(at + 23) + 1;
      if (next > offset) {
        parts.push(bytes.subarray(at, at + size));
        offset = next;
      }
      at += size;
    }
    if (offset === before) throw new Error(`reading at ${offset} does not get on`);
  }
  return { bytes: Buffer.concat(parts), next: offset };
}
