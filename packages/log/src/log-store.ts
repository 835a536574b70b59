/**
 * All logs of a process, over one or more log directories (`log.dirs`). Opens them, makes and deletes them, keeps the
 * checkpoints, and says which directory has failed. A new log goes to the directory that holds the fewest.
 */
import { randomUuid, zeroUuid, type Logger, type Uuid, type World } from '@tidelog/core';
import { Checkpoints } from './checkpoints.ts';
import { encodePartitionMetadata } from './core/checkpoint-text.ts';
import {
  deletedDirectoryName,
  isLegalTopic,
  partitionDirectoryName,
  partitionMetadataFileName,
  strayDirectoryName,
} from './core/segment-names.ts';
import { Departures } from './departures.ts';
import { FileHandles } from './file-handles.ts';
import { IndexCache } from './index-cache.ts';
import type { DirectoryHealth, LogContext } from './log-context.ts';
import { LogDirectories } from './log-directories.ts';
import { asOffline, closeDirectory, namesIn, openDirectory, writeCleanMarker } from './log-directory.ts';
import { LogCleaner } from './compaction/log-cleaner.ts';
import { LogOfflineError } from './log-offline-error.ts';
import { LogState } from './log-state.ts';
import { PartitionLog } from './partition-log.ts';
import { Slots } from './slots.ts';
import { loadLogs, pause } from './store-loader.ts';
import type { CreateLog, DirectoryStatus, LogStoreConfig, LogStoreOptions, LogStoreStats } from './store-types.ts';
import { TailBudget } from './tail.ts';
import { TurnEnd } from './turn-end.ts';

interface TakenOut {
  readonly state: LogState;
  /** Where its files are now. */
  readonly path: string;
  /** Rejects with LogOfflineError. */
  readonly durable: Promise<void>;
}

interface OpenLog {
  readonly log: PartitionLog;
  readonly state: LogState;
}

const mebibyte = 1024 * 1024;
const lookupsAtATime = 8;
/** How long retention may hold the loop before it pauses, in milliseconds. */
const sliceMs = 5;

export class LogStore {
  readonly stats: LogStoreStats;
  /** Compacts; its owner starts it once the logs have their settings. */
  readonly cleaner: LogCleaner;
  readonly #world: World;
  readonly #logger: Logger;
  readonly #config: LogStoreConfig;
  readonly #context: LogContext;
  readonly #directories: LogDirectories;
  readonly #departures: Departures;
  readonly #checkpoints: Checkpoints;
  readonly #logs = new Map<string, OpenLog>();
  /** Of logs that are in several directories: what is in the others. */
  #copies: readonly OpenLog[] = [];
  #previousBrokerEpoch = -1;
  #closed = false;

  private constructor(options: LogStoreOptions) {
    const { world, logger, config, metrics } = options;
    this.#world = world;
    this.#logger = logger;
    this.#config = config;
    this.#context = makeContext(world, logger, config);
    this.stats = this.#context.stats;
    const logs = (): Iterable<LogState> => statesOf(this.#logs.values());
    this.cleaner = new LogCleaner({ world, logger, metrics, config: config.cleaner, logs });
    this.#departures = new Departures(this.#context, this.cleaner.points);
    this.#directories = new LogDirectories(options);
    const directories = this.#directories.all;
    this.#checkpoints = new Checkpoints({ world, logger, points: this.cleaner.points, directories, logs });
    for (const health of this.#directories.all) health.writeCheckpoints = () => this.#checkpoints.writeNow(health);
  }

  /** Opens every directory and log. A directory that fails is offline, and the others are served. */
  static async open(options: LogStoreOptions): Promise<LogStore> {
    const store = new LogStore(options);
    const epochs = await Promise.all(store.#directories.all.map((health) => store.#openDirectory(health)));
    const known = epochs.filter((epoch) => epoch !== undefined);
    if (known.length === epochs.length && known.length > 0) store.#previousBrokerEpoch = Math.min(...known);
    return store;
  }

  /** The broker epoch that the last clean stop of all directories left; -1 when it was not clean. */
  get previousBrokerEpoch(): number {
    return this.#previousBrokerEpoch;
  }

  /** Files that are held open now. */
  get openFiles(): number {
    return this.#context.handles.size;
  }

  *logs(): Generator<PartitionLog, void, undefined> {
    for (const { log } of this.#logs.values()) yield log;
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(partitionDirectoryName({ topic, partition }))?.log;
  }

  /** Makes a log, or answers the one that is there. Throws LogOfflineError when no directory can hold it. */
  create(options: CreateLog): PartitionLog {
    const { topic, topicId, partition, config } = options;
    if (!isLegalTopic(topic)) throw new Error(`${JSON.stringify(topic)} cannot be the name of a topic`);
    const known = this.#logs.get(partitionDirectoryName({ topic, partition }));
    if (known !== undefined) return this.#adopt(known, options);
    this.#checkName(partitionDirectoryName({ topic, partition }));
    const health = this.#directories.pick(options.directory);
    this.#forgetOffsets(health, partitionDirectoryName({ topic, partition }));
    const state = new LogState({ topic, topicId, partition }, config, this.#context, health);
    try {
      this.#makeFiles(state);
    } catch (error) {
      throw asOffline(error, state.path);
    }
    state.configured = true;
    return this.#add(state);
  }

  /** Takes the log out at once; its files go after file.delete.delay.ms. */
  async delete(topic: string, partition: number): Promise<void> {
    const out = this.#takeOut(this.#logs.get(partitionDirectoryName({ topic, partition })), deletedDirectoryName);
    if (out === undefined) return;
    await out.durable;
    this.#world.timers.after(out.state.config.fileDeleteDelayMs, () => this.#departures.remove(out.path));
  }

  /** Takes the log out and keeps its files, under a name that no start looks at; answers where they are. */
  async setAside(topic: string, partition: number): Promise<string | undefined> {
    const out = this.#takeOut(this.#logs.get(partitionDirectoryName({ topic, partition })), strayDirectoryName);
    await out?.durable;
    return out?.path;
  }

  /**
   * One log in two directories: one of them was out of reach while the log was made anew in the other, and which of
   * them is the replica only the controller knows. The one in this directory is kept (where none is there, the one that
   * is open), the others are set aside. Answers where their files are.
   */
  async choose(topic: string, partition: number, directoryId: Uuid): Promise<readonly string[]> {
    const name = partitionDirectoryName({ topic, partition });
    const copies = this.#copies.filter(({ state }) => state.name === name);
    const open = this.#logs.get(name);
    if (copies.length === 0 || open === undefined) return [];
    const all = [open, ...copies];
    const chosen = all.find(({ log }) => log.directoryId === directoryId) ?? open;
    this.#copies = this.#copies.filter((one) => !copies.includes(one));
    const out = all.flatMap((one) => (one === chosen ? [] : (this.#takeOut(one, strayDirectoryName) ?? [])));
    this.#logs.set(name, chosen);
    await Promise.all(out.map(({ durable }) => durable));
    return out.map(({ path }) => path);
  }

  directories(): DirectoryStatus[] {
    return this.#directories.statuses();
  }

  onDirectoryOffline(callback: (directory: DirectoryStatus) => void): void {
    this.#directories.onOffline(callback);
  }

  /** Every log.retention.check.interval.ms. Pauses, so that it does not hold the loop. */
  async runRetention(): Promise<void> {
    await this.#forEachLog(({ log }) => {
      log.runRetention(this.#world.clock.wall());
    });
  }

  /** Every producer.id.expiration.check.interval.ms. */
  async expireProducers(): Promise<void> {
    await this.#forEachLog(({ log }) => log.expireProducers(this.#world.clock.wall()));
  }

  /** Writes recovery points, high watermarks and log starts; every log.flush.offset.checkpoint.interval.ms. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.write();
  }

  /** Flushes and closes every log, and leaves the clean shutdown marker where nothing failed. */
  async close({ brokerEpoch }: { readonly brokerEpoch: number }): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.cleaner.stop();
    await this.#checkpoints.close();
    await Promise.all(this.#directories.all.map((health) => this.#closeDirectory(health, brokerEpoch)));
    await this.#departures.close();
    this.#context.handles.closeAll();
    for (const { path } of this.#directories.all) closeDirectory(this.#world.disk, path);
  }

  async #openDirectory(health: DirectoryHealth): Promise<number | undefined> {
    const { logDefaults, configFor = () => logDefaults, recoveryConcurrency = 2 } = this.#config;
    try {
      const facts = await openDirectory(this.#world.disk, health.path);
      const clean = facts.cleanBrokerEpoch !== undefined;
      const start = this.#world.clock.monotonic();
      const context = this.#context;
      const loaded = await loadLogs({ context, health, facts, configFor, concurrency: recoveryConcurrency });
      for (const state of loaded) {
        const other = this.#logs.get(state.name);
        if (other === undefined) this.#add(state);
        else {
          this.#copies = [...this.#copies, { log: new PartitionLog(state), state }];
          state.directory.logCount++;
          this.#logger.warn({ one: other.state.path, other: state.path }, 'one log is in two directories');
        }
      }
      this.cleaner.points.onLoaded(health, facts.cleanPoints);
      for (const name of namesIn(facts)) if (!this.#logs.has(name)) health.leftovers.add(name);
      const tookMs = Math.round(this.#world.clock.monotonic() - start);
      this.#logger.info({ directory: health.path, logs: loaded.length, clean, tookMs }, 'log directory opened');
      return facts.cleanBrokerEpoch;
    } catch (error) {
      health.takeOffline(asOffline(error, health.path));
      return undefined;
    }
  }

  #add(state: LogState): PartitionLog {
    const log = new PartitionLog(state);
    this.#logs.set(state.name, { log, state });
    state.directory.logCount++;
    return log;
  }

  /** A log that is there already; one that has lost its topic id in a crash takes the one that it is asked for by. */
  #adopt({ log, state }: OpenLog, { topicId, config }: CreateLog): PartitionLog {
    if (state.identity.topicId === zeroUuid && topicId !== zeroUuid) {
      state.identity = { ...state.identity, topicId };
      this.#writeMetadata(state);
    }
    if (log.topicId !== topicId) throw new Error(`the log of ${state.name} belongs to topic id ${log.topicId}`);
    log.reconfigure(config);
    return log;
  }

  #checkName(name: string): void {
    if (!this.#departures.holds(name)) return;
    throw new LogOfflineError(`the files of a deleted log ${name} are not out of the way yet`, {
      path: name,
      isForNow: true,
    });
  }

  /** A new log must not be taken for an old one of its name: what the checkpoints say of that is taken out first. */
  #forgetOffsets(health: DirectoryHealth, name: string): void {
    if (health.leftovers.has(name)) this.#checkpoints.writeNow(health);
    if (!health.leftovers.has(name)) return;
    throw new LogOfflineError(`the checkpoints of ${health.path} cannot be written`, {
      path: health.path,
      isForNow: true,
    });
  }

  #makeFiles(state: LogState): void {
    this.#world.disk.makeDirectory(state.path);
    this.#writeMetadata(state);
    const first = state.newSegment(0);
    first.create();
    state.segments = [first];
  }

  #writeMetadata(state: LogState): void {
    const metadata = Buffer.from(encodePartitionMetadata(state.identity.topicId));
    this.#context.handles.once(`${state.path}/${partitionMetadataFileName}`, 'write', (file) => {
      file.write([metadata], 0);
      file.truncate(metadata.length);
    });
    state.metadataUnsynced = true;
  }

  #takeOut(open: OpenLog | undefined, renamed: typeof strayDirectoryName): TakenOut | undefined {
    if (open === undefined) return undefined;
    const { log, state } = open;
    const { directory, name } = state;
    if (this.#logs.get(name) === open) this.#logs.delete(name);
    directory.logCount--;
    log.abandon();
    directory.leftovers.add(name);
    const path = `${directory.path}/${renamed(state.identity, randomUuid(this.#world.random))}`;
    return { state, path, durable: this.#departures.move(state, path) };
  }

  async #forEachLog(operation: (open: OpenLog) => void): Promise<void> {
    const { clock } = this.#world;
    let since = clock.monotonic();
    for (const open of this.#logs.values()) {
      if (this.#closed) return;
      operation(open);
      if (clock.monotonic() - since < sliceMs) continue;
      await pause(this.#world);
      since = clock.monotonic();
    }
  }

  async #closeDirectory(health: DirectoryHealth, brokerEpoch: number): Promise<void> {
    if (health.offline !== undefined) return;
    const copies = this.#copies;
    const logs = [...this.#logs.values(), ...copies].filter(({ state }) => state.directory === health);
    // A log that failed must be scanned again at the next start, so the stop does not count as clean; nor does it with
    // a second log that nobody chose or set aside, of which the checkpoints say nothing.
    const damaged = logs.some((one) => one.state.failure !== undefined || copies.includes(one));
    try {
      const next = logs.values();
      const worker = async (): Promise<void> => {
        for (const { log } of next) await log.close();
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      if (this.#checkpoints.writeNow(health) && !damaged) writeCleanMarker(this.#world.disk, health.path, brokerEpoch);
    } catch (error) {
      this.#logger.error(
        { directory: health.path, error: String(error) },
        'a log directory could not be closed cleanly',
      );
    }
  }
}

function* statesOf(logs: Iterable<OpenLog>): Generator<LogState, void, undefined> {
  for (const { state } of logs) yield state;
}

function makeContext(world: World, logger: Logger, config: LogStoreConfig): LogContext {
  const total = config.tailBytes ?? 64 * mebibyte;
  return {
    world,
    logger,
    handles: new FileHandles(world.disk, config.maxOpenFiles ?? 4096),
    cache: new IndexCache(),
    tails: new TailBudget({ total, perLog: config.tailBytesPerLog ?? total / 4 }),
    stats: {
      fileReads: 0,
      bytesFromFiles: 0,
      memoryReads: 0,
      bytesFromMemory: 0,
      writes: 0,
      bytesWritten: 0,
      syncs: 0,
    },
    turn: new TurnEnd(world.timers),
    lookups: new Slots(lookupsAtATime),
    removals: new Slots(1),
    pendingBytes: 0,
    limits: {
      producerIdExpirationMs: config.producerIdExpirationMs ?? 86_400_000,
      transactionVerification: config.transactionVerification ?? true,
      slowWriteMs: config.slowWriteMs ?? 20,
      pendingBytesMax: 64 * mebibyte,
      pendingBytesTotalMax: config.pendingBytesTotalMax ?? 512 * mebibyte,
    },
  };
}
