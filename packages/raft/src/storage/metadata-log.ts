/**
 * The core's log over log's PartitionLog: turns batches into bytes, tells the core when they are on stable storage, and
 * keeps appends that were decided before a failure, and come after it, out of the log.
 */
import { assert, type World } from '@tidelog/core';
import type { PartitionLog, ReadOutcome } from '@tidelog/log';
import type { OffsetAndEpoch } from '../core/epoch-cache.ts';
import type { RaftInput } from '../core/events.ts';
import type { LogBatch } from '../core/log-batch.ts';
import { encodeBatch } from './batch-codec.ts';

export interface MetadataLogOptions {
  readonly world: World;
  readonly log: PartitionLog;
  readonly step: (input: RaftInput) => void;
  /** There is more to read, or more is on stable storage. */
  readonly onProgress: () => void;
  /** Accepted batches from the offset on will never be there. */
  readonly onLost: (endOffset: number) => void;
  readonly onOffline: (error: Error) => void;
}

export interface AppendedBytes {
  readonly sizeInBytes: number;
  readonly timestamp: number;
}

export class MetadataLog {
  readonly #options: MetadataLogOptions;
  readonly #log: PartitionLog;
  /** Where the next batch must begin: behind all that was accepted, written or not. */
  #acceptedEnd: number;

  constructor(options: MetadataLogOptions) {
    this.#options = options;
    this.#log = options.log;
    this.#acceptedEnd = options.log.logEndOffset;
    options.log.observer = {
      onWritten: (endOffset) => this.#onWritten(endOffset),
      onAppended: (endOffset) => this.#onAppended(endOffset),
      onFailed: (error, detail) => this.#onFailed(`${detail} (error ${error})`),
    };
  }

  /** Undefined when an earlier failure has made the batch obsolete. */
  append(batch: LogBatch): AppendedBytes | undefined {
    if (batch.baseOffset !== this.#acceptedEnd) return undefined;
    const timestamp = this.#options.world.clock.wall();
    const bytes = encodeBatch(batch, timestamp);
    const outcome = this.#log.append(bytes, { origin: 'raft', leaderEpoch: batch.epoch, wallNow: timestamp });
    assert(outcome.kind !== 'duplicate', 'the metadata log has no idempotent producers');
    if (outcome.kind === 'refused') {
      this.#lose(batch.baseOffset, outcome.detail);
      return undefined;
    }
    this.#acceptedEnd = batch.lastOffset + 1;
    return { sizeInBytes: bytes.byteLength, timestamp };
  }

  async truncate(endOffset: number): Promise<void> {
    this.#acceptedEnd = Math.min(this.#acceptedEnd, endOffset);
    await this.#log.truncateTo(endOffset);
  }

  async restartAt({ offset }: OffsetAndEpoch): Promise<void> {
    this.#acceptedEnd = offset;
    await this.#log.truncateFullyAndStartAt(offset, offset);
  }

  commit(highWatermark: number): void {
    this.#log.updateHighWatermark(highWatermark);
  }

  read(range: { offset: number; upTo: number; maxBytes: number }): ReadOutcome | Promise<ReadOutcome> {
    return this.#log.read({ ...range, minOneBatch: true });
  }

  #onWritten(endOffset: number): void {
    this.#options.step({ kind: 'written', endOffset });
    this.#options.onProgress();
  }

  #onAppended(endOffset: number): void {
    this.#options.step({ kind: 'appended', endOffset });
    this.#options.onProgress();
  }

  #onFailed(detail: string): void {
    const { offline, path, logEndOffset } = this.#log;
    this.#lose(logEndOffset, offline === undefined ? `${detail}; make room on ${path}` : detail);
    if (offline !== undefined) this.#options.onOffline(offline);
  }

  #lose(endOffset: number, detail: string): void {
    this.#acceptedEnd = endOffset;
    this.#options.onLost(endOffset);
    this.#options.step({ kind: 'appendFailed', endOffset, detail });
  }
}
