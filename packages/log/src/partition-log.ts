/**
 * One partition's log: a sequence of record batches over segment files, with everything that Kafka keeps beside them.
 * Deciding is left to core/, writing to LogWriter, durability to LogSyncer; this file joins them and tells the owner.
 *
 *   append ─ decided at once ─▶ end of turn: written ─▶ observer.onWritten ─▶ (synced) ─▶ observer.onAppended
 *
 * One owner at a time: there is one observer. Truncation is the owner's to order against its own appends.
 */
import { DiskError, type Chunks } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { LogConfig } from './core/log-config.ts';
import type {
  AbortedTransaction,
  AppendOptions,
  AppendOutcome,
  LogObserver,
  ReadOptions,
  ReadOutcome,
  TimestampedOffset,
  VerificationGuard,
} from './core/outcomes.ts';
import type { VerificationStart } from './core/producers.ts';
import { collectAborted, type AbortedEntry } from './core/transaction-index.ts';
import { LogAppender } from './log-appender.ts';
import { offlineBecause } from './log-context.ts';
import { LogFacts } from './log-facts.ts';
import { findByTimestamp, findMaxTimestamp } from './log-lookup.ts';
import { readFromFiles, readFromMemory } from './log-reader.ts';
import { advanceStart, applyRetention } from './log-retention.ts';
import type { LogState } from './log-state.ts';
import { LogSyncer } from './log-syncer.ts';
import { dropEmptyEpochs, restartLog, truncateEnd } from './log-truncation.ts';
import { LogWriter } from './log-writer.ts';
import { writeSnapshot } from './producer-files.ts';
import type { Segment } from './segment.ts';

export class PartitionLog extends LogFacts {
  /** The one that is told about written and failed appends. */
  observer: LogObserver | undefined;
  readonly #state: LogState;
  readonly #writer: LogWriter;
  readonly #appender: LogAppender;
  readonly #syncer: LogSyncer;
  #flushTimer = false;

  /** Made by LogStore only. */
  constructor(state: LogState) {
    super(state);
    this.#state = state;
    this.#syncer = new LogSyncer(state, {
      synced: (offset) => this.#onSynced(offset),
      failed: (error) => this.#onFailed(error.message),
    });
    this.#writer = new LogWriter(state, {
      written: (segments) => this.#onWritten(segments),
      sealed: (segment, snapshot, baseOffset) => this.#onSealed(segment, snapshot, baseOffset),
      created: () => this.#syncer.onNewFiles(),
      failed: (error) => this.#onFailed(`${error.code} at ${error.path}: what was accepted and not written is lost`),
    });
    this.#appender = new LogAppender(state, this.#writer);
    state.onFailure = (error) => this.#onFailed(error.message);
  }

  reconfigure(config: LogConfig): void {
    this.#state.config = config;
    this.#state.configured = true;
  }

  /**
   * Decides at once; what is accepted is written at the end of this turn. The bytes belong to the log from now on
   * (offset and epoch are written into them) and must not change. A duplicate may still be unwritten: it is
   * written once logEndOffset has passed its last offset.
   */
  append(records: Chunks, options: AppendOptions): AppendOutcome {
    return this.#appender.append(records, options);
  }

  /** From memory at once, or from the files later. Never rejects: what goes wrong is an outcome. */
  read(options: ReadOptions): ReadOutcome | Promise<ReadOutcome> {
    return readFromMemory(this.#state, options) ?? readFromFiles(this.#state, options);
  }

  /** Moves the high watermark to the offset, or to the log's end where that is less; never back. */
  updateHighWatermark(offset: number): number {
    const state = this.#state;
    const next = Math.min(offset, state.logEndOffset);
    if (next > state.highWatermark) {
      state.highWatermark = next;
      state.producers.onHighWatermark(next);
    }
    return state.highWatermark;
  }

  /** The aborted transactions that a reader of committed data at [from, to) has to skip. */
  abortedTransactions({ from, to }: { readonly from: number; readonly to: number }): AbortedTransaction[] {
    const { segments } = this.#state;
    const found: AbortedEntry[] = [];
    for (let index = this.#state.segmentIndexOf(from); index < segments.length; index++) {
      if (collectAborted(segments[index]?.transactions.entries() ?? [], { from, to }, found)) break;
    }
    return found.map(({ producerId, firstOffset }) => ({ producerId, firstOffset }));
  }

  /** The first record below `upTo` whose timestamp is at least the one asked for. Throws DiskError or ProtocolError. */
  offsetForTimestamp(timestamp: number, { upTo }: { readonly upTo: number }): Promise<TimestampedOffset | undefined> {
    return this.#state.context.lookups.run(() => findByTimestamp(this.#state, timestamp, upTo));
  }

  /** The record with the largest timestamp. Throws DiskError or ProtocolError. */
  maxTimestamp(): Promise<TimestampedOffset | undefined> {
    return this.#state.context.lookups.run(() => findMaxTimestamp(this.#state));
  }

  /** A leader's first act in its epoch: everything from the offset on is of that epoch. */
  assignEpoch(epoch: number, startOffset: number): void {
    const { epochs, epochFile } = this.#state;
    if (!epochs.assign(epoch, startOffset)) return;
    epochFile.onChange();
    this.#attempt(() => epochFile.writeIfChanged());
  }

  /**
   * Removes every record at and above the offset. All but the state of producers is in place when the call returns, if
   * nothing was being written; await it before the next append.
   */
  async truncateTo(offset: number): Promise<void> {
    if (!this.#writer.isIdle) await this.#writer.drain();
    const state = this.#state;
    if (offset >= state.logEndOffset) {
      this.#attempt(() => dropEmptyEpochs(state));
      return;
    }
    try {
      this.#state.isUnfinished = true;
      if (offset <= state.logStartOffset) restartLog(state, offset, offset);
      else await truncateEnd(state, offset);
      this.#syncer.onWritten(new Set([state.active]));
      this.#syncer.onNewFiles();
    } catch (error) {
      this.#takeOffline(error, 'truncating');
    }
  }

  /** Forgets all records and goes on at the offset. */
  async truncateFullyAndStartAt(offset: number, logStartOffset: number = offset): Promise<void> {
    if (!this.#writer.isIdle) await this.#writer.drain();
    this.#state.isUnfinished = true;
    this.#attempt(() => restartLog(this.#state, offset, logStartOffset));
    this.#syncer.onWritten(new Set([this.#state.active]));
    this.#syncer.onNewFiles();
  }

  /** DeleteRecords, or a follower that takes over its leader's start; false when there is nothing to do. */
  incrementLogStartOffset(offset: number, reason: string): boolean {
    const state = this.#state;
    if (offset <= state.logStartOffset || offset > state.highWatermark) return false;
    this.#attempt(() => advanceStart(state, offset));
    state.context.logger.debug({ log: state.name, logStartOffset: offset, reason }, 'the log start has moved');
    return true;
  }

  /** Everything appended before the call is on stable storage when this resolves. Throws LogOfflineError. */
  async flush(): Promise<void> {
    await this.#writer.drain();
    await this.#syncer.flush();
  }

  /** Begins to sync what is written. How that ends reaches the owner through events; it never rejects. */
  sync(): void {
    void this.#syncer.request();
  }

  /** KIP-890: asked for before the first batch of a transaction; undefined when it is open already. */
  startVerification(batch: Omit<VerificationStart, 'wallNow'>): VerificationGuard | undefined {
    return this.#state.producers.startVerification({ ...batch, wallNow: this.#state.context.world.clock.wall() });
  }

  /** Forgets producers that were silent for producer.id.expiration.ms. */
  expireProducers(wallNow: number): void {
    this.#state.producers.expire(wallNow, this.#state.context.limits.producerIdExpirationMs);
  }

  /** Deletes segments that have outlived their retention; none before the owner has said what it is. How many went. */
  runRetention(wallNow: number): number {
    const { configured, offline, gone } = this.#state;
    if (!configured || offline !== undefined || gone || !this.#writer.isIdle) return 0;
    return this.#attempt(() => applyRetention(this.#state, wallNow)) ?? 0;
  }

  /** Writes and syncs everything, snapshot and indexes included, and lets go of the files. */
  async close(): Promise<void> {
    const state = this.#state;
    if (state.offline === undefined) {
      await this.#writer.drain();
      await this.#syncer.flush();
      if (state.isUnfinished) await this.#syncer.finish();
    }
    this.abandon();
  }

  /** Lets go of the files as they are; nothing under way will be reported any more. */
  abandon(): void {
    const state = this.#state;
    state.gone = true;
    this.#writer.abandon();
    state.tail.clear();
    for (const segment of state.segments) segment.close();
    this.observer = undefined;
  }

  #onWritten(segments: ReadonlySet<Segment>): void {
    const state = this.#state;
    const { config, logEndOffset } = state;
    this.#syncer.onWritten(segments);
    this.#state.isUnfinished = true;
    state.producers.onWritten(logEndOffset);
    for (const segment of segments) if (segment.wantsSpill) this.#attempt(() => segment.spillIndexes({ sync: false }));
    if (config.flushBeforeAck) {
      this.observer?.onWritten?.(logEndOffset);
      this.sync();
      return;
    }
    if (config.flushMessages !== Infinity || config.flushMs !== Infinity) this.#flushInTime();
    this.observer?.onAppended(logEndOffset);
  }

  #flushInTime(): void {
    const { config, context, logEndOffset, recoveryPoint } = this.#state;
    if (logEndOffset - recoveryPoint >= config.flushMessages || config.flushMs <= 0) {
      this.sync();
    } else if (!this.#flushTimer && config.flushMs !== Infinity) {
      this.#flushTimer = true;
      context.world.timers.after(config.flushMs, () => {
        this.#flushTimer = false;
        if (!this.#state.gone) this.sync();
      });
    }
  }

  #onSealed(segment: Segment, snapshot: Buffer, baseOffset: number): void {
    segment.seal();
    segment.spillIndexes({ sync: false });
    writeSnapshot(this.#state, baseOffset, snapshot);
    this.#syncer.onWritten(new Set([segment]));
    this.#syncer.onNewFiles();
    this.sync();
  }

  #onSynced(offset: number): void {
    if (this.#state.config.flushBeforeAck) this.observer?.onAppended(offset);
  }

  #onFailed(detail: string): void {
    this.observer?.onFailed(ErrorCode.KAFKA_STORAGE_ERROR, detail);
  }

  #attempt<T>(operation: () => T): T | undefined {
    try {
      return operation();
    } catch (error) {
      this.#takeOffline(error, 'changing');
      return undefined;
    }
  }

  #takeOffline(error: unknown, doing: string): void {
    if (!(error instanceof DiskError)) throw error;
    const state = this.#state;
    state.context.logger.error({ log: state.name, path: error.path, code: error.code }, `${doing} the log failed`);
    if (error.isLackOfRoom) return;
    state.directory.takeOffline(offlineBecause(error, doing));
  }
}
