/**
 * Compacts the logs of a store, one at a time, the filthiest first (KIP-58, KIP-354, KIP-534). A log takes part once
 * its owner has said how it is to be cleaned up. What a cleaning finds damaged makes the log uncleanable until the
 * next start; lack of room and every interruption only end the cleaning, and a later one begins where it began.
 *
 *   look over all logs ─ one is due ─▶ clean it ─▶ look again        none is due ─▶ rest for log.cleaner.backoff.ms
 */
import { DiskError, noMetrics, type Logger, type Metrics, type World } from '@tidelog/core';
import { ProtocolError } from '@tidelog/protocol';
import { isDue, isFilthier, planCleaning, type CleaningPlan } from '../core/compaction/candidates.ts';
import { offlineBecause, type DirectoryHealth } from '../log-context.ts';
import { lastStableOffsetOf } from '../log-facts.ts';
import { LogOfflineError } from '../log-offline-error.ts';
import type { LogState } from '../log-state.ts';
import { CleanPoints } from './clean-points.ts';
import { defaultCleanerConfig, type CleanerConfig } from './cleaner-config.ts';
import { CleanerMetrics } from './cleaner-metrics.ts';
import { CleaningInterrupted, CleaningRun } from './cleaning-run.ts';
import { cleanLog } from './log-cleaning.ts';
import { Pacer } from './pacer.ts';

export interface LogCleanerOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly config: Partial<CleanerConfig> | undefined;
  readonly metrics: Metrics | undefined;
  readonly logs: () => Iterable<LogState>;
}

interface Candidate {
  readonly state: LogState;
  readonly plan: CleaningPlan;
}

export class LogCleaner {
  readonly points: CleanPoints;
  readonly #options: LogCleanerOptions;
  #config: CleanerConfig;
  readonly #pacer: Pacer;
  readonly #metrics: CleanerMetrics;
  /** Logs that a cleaning has failed for since the last rest. */
  #failed = new Set<LogState>();
  #lastRun: number;
  #underWay: Promise<void> | undefined;

  /** Made by LogStore only. */
  constructor(options: LogCleanerOptions) {
    const { world, logs, metrics = noMetrics } = options;
    this.#options = options;
    this.#config = { ...defaultCleanerConfig, ...options.config };
    this.points = new CleanPoints(world.disk, logs);
    this.#pacer = new Pacer(world, this.#config.ioMaxBytesPerSecond);
    this.#lastRun = world.clock.monotonic();
    this.#metrics = new CleanerMetrics(metrics, {
      uncleanable: () => countUncleanable(logs()),
      sinceLastRunMs: () => world.clock.monotonic() - this.#lastRun,
    });
  }

  /** What is under way keeps its settings, but for the rate. */
  reconfigure(config: Partial<Omit<CleanerConfig, 'enabled'>>): void {
    this.#config = { ...this.#config, ...config };
    this.#pacer.bytesPerSecond = this.#config.ioMaxBytesPerSecond;
  }

  /** Begins to look over the logs again and again; once. Does nothing where log.cleaner.enable is false. */
  start(): void {
    if (this.#config.enabled) this.#underWay ??= this.#loop();
  }

  /** Gives up what is under way, and resolves when nothing is touched any more. */
  async stop(): Promise<void> {
    this.#pacer.stop();
    await this.#underWay;
  }

  /** Cleans the log that needs it most; false when none is due, or it could not be cleaned. */
  async cleanFilthiest(): Promise<boolean> {
    const candidate = await this.#choose();
    return candidate !== undefined && this.#clean(candidate);
  }

  async #loop(): Promise<void> {
    const { logger } = this.#options;
    while (!this.#pacer.stopped) {
      await this.#pacer.sleep(this.#config.backoffMs);
      this.#failed = new Set();
      try {
        while (!this.#pacer.stopped && (await this.#cleanNext()));
      } catch (error) {
        logger.error({ err: error }, 'the cleaner failed and tries again');
      }
    }
  }

  /** Whether there was something to clean; a log that failed waits for the next round. */
  async #cleanNext(): Promise<boolean> {
    const candidate = await this.#choose();
    if (candidate === undefined) return false;
    if (!(await this.#clean(candidate))) this.#failed.add(candidate.state);
    return true;
  }

  async #choose(): Promise<Candidate | undefined> {
    const { world } = this.#options;
    this.#pacer.onTurn();
    const wallNow = world.clock.wall();
    let best: Candidate | undefined;
    let maxDirtyRatio = 0;
    let maxOverdueMs = 0;
    for (const state of this.#options.logs()) {
      if (!isCleanable(state) || this.#failed.has(state)) continue;
      const plan = planOf(state, wallNow);
      if (plan === undefined) continue;
      if (plan.cleanableBytes > 0 && plan.dirtyRatio > maxDirtyRatio) maxDirtyRatio = plan.dirtyRatio;
      if (plan.overdueMs > maxOverdueMs) maxOverdueMs = plan.overdueMs;
      if (isDue(plan, state.config) && (best === undefined || isFilthier(plan, best.plan))) best = { state, plan };
      if (this.#pacer.isDue) await this.#pacer.pause();
    }
    this.#metrics.maxDirtyRatio = maxDirtyRatio;
    this.#metrics.maxOverdueMs = maxOverdueMs;
    this.#lastRun = world.clock.monotonic();
    return best !== undefined && isCleanable(best.state) ? best : undefined;
  }

  /** Whether the log is clean now. */
  async #clean({ state }: Candidate): Promise<boolean> {
    const { world, logger } = this.#options;
    // Choosing may have taken a while: what is true now counts.
    const plan = planOf(state, world.clock.wall());
    if (plan === undefined || plan.cleanableBytes === 0) return false;
    const run = new CleaningRun(state, { pacer: this.#pacer, config: this.#config });
    const start = world.clock.monotonic();
    try {
      const result = await cleanLog(run, plan);
      if (!run.isIntact) return false;
      state.cleanPoint = Math.max(plan.firstDirtyOffset, result.cleanPoint);
      this.points.write(state.directory);
      const tookMs = world.clock.monotonic() - start;
      this.#metrics.onCleaned({ result, tookMs });
      logger.info({ log: state.name, ...result, tookMs: Math.round(tookMs) }, 'log compacted');
      return true;
    } catch (error) {
      this.#onFailed(state, error);
      return false;
    } finally {
      this.#metrics.onBytes(run);
    }
  }

  #onFailed(state: LogState, error: unknown): void {
    const { logger } = this.#options;
    if (error instanceof CleaningInterrupted || state.gone) {
      logger.debug({ log: state.name, reason: String(error) }, 'compaction was interrupted');
    } else if (error instanceof LogOfflineError || error instanceof ProtocolError) {
      state.uncleanable = error.message;
      logger.error({ log: state.name }, `the log is not compacted any more: ${error.message}`);
    } else if (error instanceof DiskError && (error.isLackOfRoom || error.code === 'ENOENT')) {
      logger.warn({ log: state.name, path: error.path, code: error.code }, 'the log could not be compacted now');
    } else if (error instanceof DiskError) {
      state.directory.takeOffline(offlineBecause(error, 'compacting'));
    } else {
      state.uncleanable = String(error);
      throw error;
    }
  }
}

function isCleanable(state: LogState): boolean {
  const { config, configured, gone, offline, uncleanable } = state;
  return config.cleanupPolicy.includes('compact') && configured && !gone && !(offline ?? uncleanable);
}

/** Undefined where a file that has to be looked at cannot be read; whoever serves the log will notice. */
function planOf(state: LogState, wallNow: number): CleaningPlan | undefined {
  const { logStartOffset, cleanPoint, config } = state;
  const segments = state.segments.map((segment) => ({
    baseOffset: segment.baseOffset,
    sizeInBytes: segment.writtenBytes,
    largestTimestamp: () => (segment.maxTimestamp < 0 ? segment.modifiedAt : segment.maxTimestamp),
    firstTimestamp: () => segment.firstTimestamp,
  }));
  const lastStableOffset = lastStableOffsetOf(state);
  try {
    return planCleaning({ segments, logStartOffset, lastStableOffset, cleanPoint, config }, wallNow);
  } catch (error) {
    if (error instanceof DiskError) return undefined;
    throw error;
  }
}

function countUncleanable(logs: Iterable<LogState>): [Record<string, string>, number][] {
  const counts = new Map<DirectoryHealth, number>();
  for (const { directory, uncleanable } of logs) {
    counts.set(directory, (counts.get(directory) ?? 0) + (uncleanable === undefined ? 0 : 1));
  }
  return [...counts].map(([{ path }, count]) => [{ logDirectory: path }, count]);
}
