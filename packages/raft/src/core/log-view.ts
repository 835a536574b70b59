/**
 * What the core knows of the log: where it starts and ends, its epochs, its voter sets and its snapshots. The records
 * themselves stay with the shell.
 *
 *   startOffset ◀──── epochs ────▶ highWatermark ≤ syncedOffset ≤ readableOffset ≤ endOffset
 *                                  (of a leader)    (stable)       (written)        (accepted)
 */
import { assert } from '@tidelog/core';
import { EpochCache, type EpochEntry, type OffsetAndEpoch } from './epoch-cache.ts';
import type { LogBatch } from './log-batch.ts';
import { History, VoterSet, type At } from './voter-set.ts';

/** A snapshot that only seeds a fresh log: it is never transferred. */
export const bootstrapSnapshot: OffsetAndEpoch = { offset: 0, epoch: 0 };

/** The log as the shell found it at start. */
export interface InitialLog {
  readonly startOffset: number;
  readonly endOffset: number;
  /** Epoch of the record before startOffset: that of the snapshot there, or 0. */
  readonly baseEpoch: number;
  readonly epochs: readonly EpochEntry[];
  readonly snapshots: readonly OffsetAndEpoch[];
  /** Ascending by offset; the first is the configured or the snapshot's (offset -1 when it is in neither). */
  readonly voterSets: readonly At<VoterSet>[];
  readonly kraftVersions: readonly At<number>[];
}

export type FetchPosition =
  | { readonly kind: 'valid' }
  | { readonly kind: 'diverging'; readonly end: OffsetAndEpoch }
  | { readonly kind: 'snapshot'; readonly id: OffsetAndEpoch };

export class LogView {
  startOffset: number;
  endOffset: number;
  readableOffset: number;
  syncedOffset: number;
  /** -1 until a leader has told, or a majority has shown. */
  highWatermark = -1;
  snapshots: OffsetAndEpoch[];
  epochs: EpochCache;
  voterSets: History<VoterSet>;
  kraftVersions: History<number>;

  constructor(initial: InitialLog) {
    this.startOffset = initial.startOffset;
    this.endOffset = initial.endOffset;
    this.readableOffset = initial.endOffset;
    this.syncedOffset = initial.endOffset;
    this.snapshots = [...initial.snapshots];
    this.epochs = new EpochCache(initial.baseEpoch, initial.epochs);
    this.voterSets = historyOf(initial.voterSets, VoterSet.none);
    this.kraftVersions = historyOf(initial.kraftVersions, 0);
    const snapshot = this.latestSnapshot;
    if (snapshot !== undefined && snapshot.offset > 0) this.highWatermark = snapshot.offset;
  }

  get position(): { readonly highWatermark: number; readonly logStartOffset: number } {
    return { highWatermark: this.highWatermark, logStartOffset: this.startOffset };
  }

  get lastEpoch(): number {
    return this.epochs.latest;
  }

  get voters(): VoterSet {
    return this.voterSets.latest.value;
  }

  get kraftVersion(): number {
    return this.kraftVersions.latest.value;
  }

  get latestSnapshot(): OffsetAndEpoch | undefined {
    return this.snapshots.at(-1);
  }

  hasSnapshot(id: OffsetAndEpoch): boolean {
    return this.snapshots.some((other) => other.offset === id.offset && other.epoch === id.epoch);
  }

  /** Whether a log that ends like that holds at least what this one holds (Raft 5.4.1). */
  isUpToDate(other: OffsetAndEpoch): boolean {
    if (other.epoch !== this.lastEpoch) return other.epoch > this.lastEpoch;
    return other.offset >= this.endOffset;
  }

  append(batch: LogBatch): void {
    assert(batch.baseOffset === this.endOffset, () => `batch at ${batch.baseOffset}, log ends at ${this.endOffset}`);
    this.epochs.append(batch.epoch, batch.baseOffset);
    this.endOffset = batch.lastOffset + 1;
    for (const control of batch.controls) {
      if (control.kind === 'voters') this.voterSets.append({ offset: control.offset, value: control.voters });
      if (control.kind === 'kraftVersion') {
        this.kraftVersions.append({ offset: control.offset, value: control.version });
      }
    }
  }

  truncateTo(endOffset: number): void {
    assert(endOffset >= this.highWatermark, () => `truncation to ${endOffset}, below ${this.highWatermark}`);
    assert(endOffset >= this.startOffset, () => `truncation to ${endOffset}, before ${this.startOffset}`);
    if (endOffset >= this.endOffset) return;
    this.endOffset = endOffset;
    this.readableOffset = Math.min(this.readableOffset, endOffset);
    this.syncedOffset = Math.min(this.syncedOffset, endOffset);
    this.epochs.truncateFromEnd(endOffset);
    this.voterSets.truncateFromEnd(endOffset);
    this.kraftVersions.truncateFromEnd(endOffset);
  }

  /** The log begins anew at a snapshot, which holds all that came before. */
  restartAt(id: OffsetAndEpoch, state: { readonly voters: VoterSet; readonly kraftVersion: number }): void {
    this.startOffset = id.offset;
    this.endOffset = id.offset;
    this.readableOffset = id.offset;
    this.syncedOffset = id.offset;
    this.highWatermark = Math.max(this.highWatermark, id.offset);
    this.epochs = new EpochCache(id.epoch);
    this.snapshots = [id];
    this.voterSets = new History({ offset: id.offset - 1, value: state.voters });
    this.kraftVersions = new History({ offset: id.offset - 1, value: state.kraftVersion });
  }

  /** Retention took away what is below the offset, which is that of the oldest snapshot left. */
  cleanedTo(startOffset: number): void {
    this.snapshots = this.snapshots.filter((id) => id.offset >= startOffset);
    if (startOffset <= this.startOffset) return;
    this.startOffset = startOffset;
    this.epochs.truncateFromStart(startOffset);
    this.voterSets.truncateFromStart(startOffset);
    this.kraftVersions.truncateFromStart(startOffset);
  }

  addSnapshot(id: OffsetAndEpoch): void {
    if (this.hasSnapshot(id)) return;
    this.snapshots = [...this.snapshots, id].sort((a, b) => a.offset - b.offset);
  }

  /** What a replica whose log ends at this offset and epoch needs next. */
  positionOf(fetch: OffsetAndEpoch): FetchPosition {
    const snapshot = this.latestSnapshot;
    if (snapshot !== undefined && this.#needsSnapshot(fetch, snapshot)) return { kind: 'snapshot', id: snapshot };
    const end = this.endOffsetFor(fetch.epoch);
    if (end.epoch !== fetch.epoch || end.offset < fetch.offset) return { kind: 'diverging', end };
    return { kind: 'valid' };
  }

  endOffsetFor(epoch: number): OffsetAndEpoch {
    return this.epochs.endOffsetFor(epoch, this.endOffset);
  }

  /** Where to cut after the leader has said where its log leaves ours: never more than is proven to differ. */
  truncationPoint(diverging: OffsetAndEpoch): number {
    const own = this.endOffsetFor(diverging.epoch);
    const point = own.epoch === diverging.epoch ? Math.min(own.offset, diverging.offset) : own.offset;
    return Math.min(point, this.endOffset);
  }

  #needsSnapshot(fetch: OffsetAndEpoch, snapshot: OffsetAndEpoch): boolean {
    // A replica with nothing gets the snapshot even where the log still goes back to the beginning: less to replay.
    if (fetch.offset === 0 && snapshot.offset > 0) return true;
    if (this.startOffset === 0) return false;
    if (fetch.offset < this.startOffset || fetch.epoch < this.epochs.baseEpoch) return true;
    return fetch.offset === this.startOffset && fetch.epoch !== this.epochs.baseEpoch;
  }
}

function historyOf<T>(values: readonly At<T>[], none: T): History<T> {
  const [first, ...rest] = values;
  const history = new History(first ?? { offset: -1, value: none });
  for (const at of rest) history.append(at);
  return history;
}
