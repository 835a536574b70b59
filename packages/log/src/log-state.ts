/**
 * The state of one open log, shared by the parts that work on it: appending, writing, syncing, reading, truncating,
 * retention. Invariants:
 *
 *   logStartOffset <= highWatermark <= logEndOffset <= nextOffset        recoveryPoint <= logEndOffset
 *   [logEndOffset, nextOffset) is accepted and not written yet; the last segment is the active one; there is always one
 */
import { must, type Uuid } from '@tidelog/core';
import { LeaderEpochs } from './core/leader-epochs.ts';
import type { LogConfig } from './core/log-config.ts';
import { Producers } from './core/producers.ts';
import { partitionDirectoryName } from './core/segment-names.ts';
import { EpochFile } from './epoch-file.ts';
import type { DirectoryHealth, LogContext } from './log-context.ts';
import type { LogOfflineError } from './log-offline-error.ts';
import { Segment } from './segment.ts';
import { Tail } from './tail.ts';

export interface LogIdentity {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: Uuid;
}

export class LogState {
  identity: LogIdentity;
  /** Counts truncations: what was synced before one says nothing about what was written after it. */
  truncations = 0;
  /** Recovery has changed the files, or what it found may be in the page cache only. */
  recovered = false;
  /** A restart would have to derive again what is only in memory: an idle log is closed without touching its files. */
  isUnfinished = false;
  /** Where the last compaction ended: records below it have no later one with their key below it. */
  cleanPoint: number | undefined;
  /** The owner has said how this log is to be cleaned up; before that, nothing of it is. */
  configured = false;
  /** Why compaction leaves this log alone until the next start. */
  uncleanable: string | undefined;
  /** partition.metadata, and the name of the log's directory, may be in the page cache only. */
  metadataUnsynced = false;
  readonly context: LogContext;
  readonly directory: DirectoryHealth;
  readonly epochs: LeaderEpochs = new LeaderEpochs();
  readonly producers: Producers = new Producers();
  readonly tail: Tail;
  /** Ascending, never empty once the log is open. */
  segments: Segment[] = [];
  config: LogConfig;
  path: string;
  logStartOffset = 0;
  highWatermark = 0;
  /** The end of what is written. */
  logEndOffset = 0;
  /** The end of what is accepted: where the next batch goes. */
  nextOffset = 0;
  /** Everything below is on stable storage. */
  recoveryPoint = 0;
  /** The log was deleted or closed: what is still under way must not touch its files. */
  gone = false;
  /** Told when this log alone is found unreadable. */
  onFailure: ((error: LogOfflineError) => void) | undefined;
  /** Set when this log alone cannot be trusted. */
  failure: LogOfflineError | undefined;
  #epochFile: EpochFile | undefined;

  constructor(identity: LogIdentity, config: LogConfig, context: LogContext, directory: DirectoryHealth) {
    this.identity = identity;
    this.config = config;
    this.context = context;
    this.directory = directory;
    this.path = `${directory.path}/${partitionDirectoryName(identity)}`;
    this.tail = new Tail(context.tails);
  }

  get name(): string {
    return partitionDirectoryName(this.identity);
  }

  get active(): Segment {
    return must(this.segments.at(-1), 'a log without a segment');
  }

  fail(error: LogOfflineError): void {
    if (this.offline !== undefined) return;
    this.failure = error;
    this.onFailure?.(error);
  }

  get offline(): LogOfflineError | undefined {
    return this.failure ?? this.directory.offline;
  }

  get sizeInBytes(): number {
    let size = 0;
    for (const segment of this.segments) size += segment.writtenBytes;
    return size;
  }

  get epochFile(): EpochFile {
    this.#epochFile ??= new EpochFile(this);
    return this.#epochFile;
  }

  newSegment(baseOffset: number, sizeInBytes = 0, hasTxnIndex = false): Segment {
    const { world } = this.context;
    const jitterMax = Math.min(this.config.segmentJitterMs, this.config.segmentMs);
    return new Segment(
      {
        directory: this.path,
        baseOffset,
        sizeInBytes,
        createdAt: world.clock.wall(),
        jitterMs: jitterMax > 0 ? world.random.below(jitterMax) : 0,
        hasTxnIndex,
      },
      this.context,
    );
  }

  /** The index of the segment that holds, or would hold, an offset; 0 for offsets before all. */
  segmentIndexOf(offset: number): number {
    let low = 0;
    let high = this.segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.segments[middle]?.baseOffset ?? Infinity) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
