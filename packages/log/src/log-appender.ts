/**
 * Accepts appends: asks the core whether the bytes may enter, rolls where the core says so, gives offsets, and hands
 * the batches to the writer. Synchronous and without a file operation but for the first append after a start.
 */
import { type Chunks, DiskError } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import {
  assign,
  checkClientBatch,
  checkCoordinatorBatch,
  checkReplicated,
  readMarker,
  refuse,
  type AdmittedBatch,
  type CheckedBatch,
} from './core/admission.ts';
import type { AppendOptions, AppendOutcome, Refused } from './core/outcomes.ts';
import type { EndedTransaction } from './core/producers.ts';
import { shouldRoll, type Incoming } from './core/roll.ts';
import type { LogState } from './log-state.ts';
import type { LogWriter } from './log-writer.ts';
import { takeSnapshot } from './producer-files.ts';
import { removeSegments } from './segment-files.ts';

const noneEnded: readonly EndedTransaction[] = [];

export class LogAppender {
  readonly #state: LogState;
  readonly #writer: LogWriter;

  constructor(state: LogState, writer: LogWriter) {
    this.#state = state;
    this.#writer = writer;
  }

  append(records: Chunks, options: AppendOptions): AppendOutcome {
    const { offline, context } = this.#state;
    if (offline !== undefined) return refuse(ErrorCode.KAFKA_STORAGE_ERROR, offline.message);
    if (this.#state.gone) return refuse(ErrorCode.NOT_LEADER_OR_FOLLOWER, 'the log was closed or deleted');
    const { limits, pendingBytes } = context;
    if (this.#writer.pendingBytes > limits.pendingBytesMax || pendingBytes > limits.pendingBytesTotalMax) {
      const detail = `${this.#writer.pendingBytes} bytes, ${pendingBytes} of all logs, wait for the disk to keep up`;
      return refuse(ErrorCode.KAFKA_STORAGE_ERROR, detail);
    }
    try {
      const assigned = options.origin === 'client' || options.origin === 'coordinator';
      return assigned ? this.#appendAssigned(records, options) : this.#appendReplicated(records, options);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return refuse(ErrorCode.KAFKA_STORAGE_ERROR, `${error.code} at ${error.path}`);
    }
  }

  #appendAssigned(records: Chunks, options: AppendOptions): AppendOutcome {
    const { config } = this.#state;
    const isClient = options.origin === 'client';
    const checked = isClient
      ? checkClientBatch(records, config, options)
      : checkCoordinatorBatch(records, config, options);
    if (checked.kind === 'refused') return checked;
    const known = checked.header.hasProducerId ? this.#askProducers(checked, options) : undefined;
    if (known !== undefined) return known;
    const { header } = checked;
    this.#rollFor(this.#state.nextOffset, {
      sizeInBytes: header.sizeInBytes,
      lastOffset: this.#state.nextOffset + header.lastOffsetDelta,
      maxTimestamp: header.maxTimestamp,
      wallNow: options.wallNow,
    });
    const batch = assign(checked, this.#state.nextOffset, options.leaderEpoch);
    this.#accept([batch], checked.records);
    return {
      kind: 'accepted',
      firstOffset: batch.firstOffset,
      lastOffset: batch.lastOffset,
      logAppendTimeMs: checked.logAppendTimeMs,
      sizeInBytes: batch.sizeInBytes,
    };
  }

  /** A repetition's answer, or a refusal; undefined when the batch may be appended. */
  #askProducers({ header, records }: CheckedBatch, options: AppendOptions): AppendOutcome | undefined {
    const { producers, config, context } = this.#state;
    const duplicate = options.origin === 'client' ? producers.duplicateOf(header) : undefined;
    if (duplicate !== undefined) {
      const { lastOffset, offsetDelta, timestamp } = duplicate;
      const logAppendTimeMs = config.messageTimestampType === 'LogAppendTime' ? timestamp : -1;
      return { kind: 'duplicate', firstOffset: lastOffset - offsetDelta, lastOffset, logAppendTimeMs };
    }
    const wrong = producers.check(header, {
      origin: options.origin,
      verificationGuard: options.verificationGuard,
      verificationRequired: context.limits.transactionVerification,
      transactionVersion: options.transactionVersion ?? 0,
      marker: readMarker(records, 0, header),
    });
    return wrong && refuse(wrong.error, wrong.detail);
  }

  #appendReplicated(records: Chunks, options: AppendOptions): AppendOutcome {
    const { nextOffset } = this.#state;
    const run = checkReplicated(records, options, nextOffset);
    if (run.kind === 'refused') return run;
    const first = run.batches[0];
    const last = run.batches.at(-1);
    if (first === undefined || last === undefined) {
      return { kind: 'accepted', firstOffset: nextOffset, lastOffset: nextOffset - 1, ...nothingAppended };
    }
    const gap = options.origin === 'raft' && first.firstOffset !== nextOffset;
    if (gap) return this.#refuseGap(first.firstOffset);
    let maxTimestamp = -1;
    for (const batch of run.batches) if (batch.maxTimestamp > maxTimestamp) maxTimestamp = batch.maxTimestamp;
    const { wallNow } = options;
    this.#rollFor(first.firstOffset, {
      sizeInBytes: run.byteLength,
      lastOffset: last.lastOffset,
      maxTimestamp,
      wallNow,
    });
    this.#accept(run.batches, records.slice(0, run.byteLength));
    return {
      kind: 'accepted',
      firstOffset: first.firstOffset,
      lastOffset: last.lastOffset,
      logAppendTimeMs: -1,
      sizeInBytes: run.byteLength,
    };
  }

  #refuseGap(firstOffset: number): Refused {
    const { nextOffset } = this.#state;
    return refuse(ErrorCode.OFFSET_OUT_OF_RANGE, `batch at offset ${firstOffset}; the log goes on at ${nextOffset}`);
  }

  #rollFor(firstOffset: number, incoming: Incoming & { readonly wallNow: number }): void {
    const state = this.#state;
    const { active } = state;
    const facts = {
      baseOffset: active.baseOffset,
      sizeInBytes: active.sizeInBytes,
      createdAt: active.createdAt,
      firstTimestamp: active.firstTimestamp,
      jitterMs: active.jitterMs,
      indexEntries: active.offsetIndex.count,
      timeIndexEntries: active.timeIndex.count,
    };
    if (!shouldRoll(facts, incoming, state.config, incoming.wallNow)) return;
    const follows = incoming.lastOffset - state.nextOffset <= 0x7fff_ffff;
    const fresh = state.newSegment(follows && active.sizeInBytes > 0 ? state.nextOffset : firstOffset);
    if (active.sizeInBytes === 0) {
      // An empty segment whose base offset is too far below: there is nothing in it to keep.
      state.segments = [...state.segments.slice(0, -1), fresh];
      removeSegments(state, [active], 0);
      if (state.segments.length === 1 && state.logStartOffset === active.baseOffset) state.logStartOffset = firstOffset;
    } else {
      state.segments = [...state.segments, fresh];
      this.#writer.onRoll(takeSnapshot(state));
    }
  }

  #accept(batches: readonly AdmittedBatch[], records: Chunks): void {
    const state = this.#state;
    const { producers, epochs, active } = state;
    let ended = noneEnded;
    let maxTimestamp = -1;
    let epochsChanged = false;
    for (const batch of batches) {
      const { header, marker } = batch;
      if (batch.maxTimestamp > maxTimestamp) maxTimestamp = batch.maxTimestamp;
      if (batch.leaderEpoch > epochs.latest) epochsChanged = epochs.assign(batch.leaderEpoch, batch.firstOffset);
      state.nextOffset = batch.lastOffset + 1;
      if (!header.hasProducerId) continue;
      if (marker === undefined) {
        if (!header.isControl) producers.onBatch(header, batch.firstOffset);
        continue;
      }
      const transaction = producers.onMarker(header, marker, batch.firstOffset);
      if (transaction !== undefined) ended = [...ended, transaction];
    }
    const firstOffset = batches[0]?.firstOffset ?? 0;
    active.onAccepted(records.byteLength, maxTimestamp);
    this.#writer.enqueue(active, { firstOffset, lastOffset: state.nextOffset - 1, records, batches, ended });
    if (epochsChanged) state.epochFile.onChange();
  }
}

const nothingAppended = { logAppendTimeMs: -1, sizeInBytes: 0 } as const;
