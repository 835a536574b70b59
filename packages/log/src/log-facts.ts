/** What can be asked of a log without changing it: where it begins and ends, how far it is replicated and durable. */
import type { Uuid } from '@tidelog/core';
import type { LogConfig } from './core/log-config.ts';
import type { EpochEndOffset, ProducerState, SegmentInfo } from './core/outcomes.ts';
import type { LogOfflineError } from './log-offline-error.ts';
import type { LogState } from './log-state.ts';

export class LogFacts {
  readonly topic: string;
  readonly partition: number;
  readonly directoryId: Uuid;
  readonly #state: LogState;

  constructor(state: LogState) {
    this.#state = state;
    this.topic = state.identity.topic;
    this.partition = state.identity.partition;
    this.directoryId = state.directory.directoryId;
  }

  get topicId(): Uuid {
    return this.#state.identity.topicId;
  }

  get config(): LogConfig {
    return this.#state.config;
  }

  get logStartOffset(): number {
    return this.#state.logStartOffset;
  }

  /** The end of what is written and readable. */
  get logEndOffset(): number {
    return this.#state.logEndOffset;
  }

  /** Where the next append goes: accepted appends that wait to be written included. */
  get nextOffset(): number {
    return this.#state.nextOffset;
  }

  get highWatermark(): number {
    return this.#state.highWatermark;
  }

  /** How far a reader of committed transactions may read; never above the high watermark. */
  get lastStableOffset(): number {
    return lastStableOffsetOf(this.#state);
  }

  /** Everything below is on stable storage. */
  get recoveryPoint(): number {
    return this.#state.recoveryPoint;
  }

  get sizeInBytes(): number {
    return this.#state.sizeInBytes;
  }

  /** -1 when the log knows no epoch. */
  get latestEpoch(): number {
    return this.#state.epochs.latest;
  }

  get earliestEpoch(): number {
    return this.#state.epochs.earliest;
  }

  get offline(): LogOfflineError | undefined {
    return this.#state.offline;
  }

  /** The log's directory. */
  get path(): string {
    return this.#state.path;
  }

  endOffsetForEpoch(epoch: number): EpochEndOffset {
    return this.#state.epochs.endOffsetFor(epoch, this.#state.logEndOffset);
  }

  /** The leader epoch that holds an offset; -1 when unknown. */
  epochAt(offset: number): number {
    return this.#state.epochs.epochAt(offset);
  }

  activeProducers(): ProducerState[] {
    return this.#state.producers.describe();
  }

  segments(): SegmentInfo[] {
    const { segments, active } = this.#state;
    return segments.map((segment) => ({
      baseOffset: segment.baseOffset,
      sizeInBytes: segment.writtenBytes,
      path: segment.path,
      largestTimestamp: segment.maxTimestamp,
      active: segment === active,
    }));
  }
}

export function lastStableOffsetOf({ producers, highWatermark, logStartOffset }: LogState): number {
  const unstable = producers.firstUnstableOffset;
  return unstable === undefined ? highWatermark : Math.max(logStartOffset, Math.min(unstable, highWatermark));
}
