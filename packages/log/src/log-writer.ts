/**
 * Brings accepted appends to the file: everything accepted in a turn leaves at its end in one gathering write per
 * segment, on the loop while the disk keeps up, through the thread pool while it does not (one write of a log under way
 * at a time). A write that fails takes back everything that was accepted and not written; the next append tries again.
 *
 *   accept ─▶ runs ─▶ end of turn ─▶ write ─▶ visible: logEndOffset, indexes, tail, observer
 *                                      └─▶ failed: file cut back, state reverted, observer.onFailed
 */
import { DiskError, must } from '@tidelog/core';
import type { EndedTransaction } from './core/producers.ts';
import { offlineBecause } from './log-context.ts';
import type { LogState } from './log-state.ts';
import type { Segment } from './segment.ts';
import type { Appended } from './tail.ts';
import type { TurnTask } from './turn-end.ts';

export interface Accepted extends Appended {
  readonly ended: readonly EndedTransaction[];
}

/** What goes to one segment in one write. */
interface Run {
  readonly segment: Segment;
  readonly position: number;
  readonly pieces: Buffer[];
  readonly appends: Accepted[];
  bytes: number;
  /** The producers as of the segment's base offset, when this is what begins it. */
  readonly snapshot: Buffer | undefined;
}

export interface WriterEvents {
  /** The log ends there now. */
  written(segments: ReadonlySet<Segment>): void;
  /** A segment will not grow any more; its files are complete but for the sync. */
  sealed(segment: Segment, snapshot: Buffer, baseOffset: number): void;
  /** A file was made. */
  created(): void;
  failed(error: DiskError): void;
}

export class LogWriter implements TurnTask {
  readonly #state: LogState;
  readonly #events: WriterEvents;
  #runs: Run[] = [];
  #scheduled = false;
  #nextSnapshot: Buffer | undefined;
  #writing = false;
  #underWay: Promise<void> = Promise.resolve();
  #pendingBytes = 0;

  constructor(state: LogState, events: WriterEvents) {
    this.#state = state;
    this.#events = events;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** What waits will not be written any more: the log is closed or deleted. */
  abandon(): void {
    this.#release(this.#pendingBytes);
  }

  /** The next append begins a new segment; these are the producers at its base offset. */
  onRoll(snapshot: Buffer): void {
    this.#nextSnapshot = snapshot;
  }

  enqueue(segment: Segment, append: Accepted): void {
    const bytes = append.records.byteLength;
    let run = this.#runs.at(-1);
    if (run?.segment !== segment) {
      const position = segment.sizeInBytes - bytes;
      run = { segment, position, pieces: [], appends: [], bytes: 0, snapshot: this.#nextSnapshot };
      this.#nextSnapshot = undefined;
      this.#runs.push(run);
    }
    for (const piece of append.records.pieces) run.pieces.push(piece);
    run.appends.push(append);
    run.bytes += bytes;
    this.#pendingBytes += bytes;
    this.#state.context.pendingBytes += bytes;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#state.context.turn.add(this);
  }

  endOfTurn(): void {
    this.#scheduled = false;
    if (this.#runs.length === 0 || this.#writing || this.#state.gone) return;
    if (this.#state.directory.slow) {
      this.#writing = true;
      this.#underWay = this.#writeAsync();
    } else {
      this.#writeNow();
    }
  }

  /** Resolves once nothing is being written. What waits is written first, on the loop where that is allowed. */
  async drain(): Promise<void> {
    while (this.#writing || this.#runs.length > 0) {
      if (this.#writing) await this.#underWay;
      else this.endOfTurn();
      if (this.#state.gone || this.#state.offline !== undefined) return;
    }
  }

  get isIdle(): boolean {
    return !this.#writing && this.#runs.length === 0;
  }

  #writeNow(): void {
    const { context, directory } = this.#state;
    const { clock } = context.world;
    const written = new Set<Segment>();
    while (this.#runs.length > 0) {
      const run = must(this.#runs[0]);
      const start = clock.monotonic();
      try {
        this.#prepare(run);
        run.segment.file('write').write(run.pieces, run.position);
      } catch (error) {
        this.#fail(error, run, written);
        return;
      }
      this.#runs.shift();
      this.#finish(run);
      written.add(run.segment);
      if (directory.onWriteTook(clock.monotonic() - start, run.bytes, context.limits.slowWriteMs)) {
        context.logger.warn({ directory: directory.path }, 'a write stalled: going over to asynchronous writes');
        break;
      }
    }
    this.#events.written(written);
    if (this.#runs.length > 0) this.endOfTurn();
  }

  async #writeAsync(): Promise<void> {
    const { context, directory } = this.#state;
    const { clock } = context.world;
    while (this.#runs.length > 0) {
      // What is accepted from now on goes into a run of its own.
      const run = must(this.#runs.shift());
      const start = clock.monotonic();
      try {
        this.#prepare(run);
        await run.segment.use('write', (file) => file.writeAsync(run.pieces, run.position));
      } catch (error) {
        this.#writing = false;
        this.#fail(error, run, new Set());
        return;
      }
      if (this.#state.gone) break;
      this.#finish(run);
      this.#events.written(new Set([run.segment]));
      if (directory.onWriteTook(clock.monotonic() - start, run.bytes, context.limits.slowWriteMs)) {
        context.logger.info({ directory: directory.path }, 'writes are quick again: back to synchronous writes');
      }
    }
    this.#writing = false;
  }

  #prepare(run: Run): void {
    const { segment } = run;
    this.#state.epochFile.writeIfChanged();
    if (segment.needsTrim) {
      segment.file('write').truncate(segment.writtenBytes);
      segment.needsTrim = false;
    }
    if (run.snapshot === undefined) return;
    const previous = this.#state.segments[this.#state.segments.indexOf(segment) - 1];
    if (previous !== undefined) this.#events.sealed(previous, run.snapshot, segment.baseOffset);
  }

  #finish(run: Run): void {
    const { context, config, tail } = this.#state;
    for (const append of run.appends) {
      for (const batch of append.batches) run.segment.onWritten(batch, config.indexIntervalBytes);
      for (const ended of append.ended) if (ended.aborted) run.segment.transactions.add(ended);
      tail.add(append);
      this.#state.logEndOffset = append.lastOffset + 1;
    }
    if (run.position === 0) this.#events.created();
    run.segment.modifiedAt = context.world.clock.wall();
    this.#release(run.bytes);
    context.stats.writes++;
    context.stats.bytesWritten += run.bytes;
  }

  /** These bytes wait no longer; those of a log that was abandoned meanwhile do not count any more. */
  #release(bytes: number): void {
    const waiting = Math.min(bytes, this.#pendingBytes);
    this.#pendingBytes -= waiting;
    this.#state.context.pendingBytes -= waiting;
  }

  #fail(error: unknown, run: Run, written: ReadonlySet<Segment>): void {
    if (!(error instanceof DiskError)) throw error;
    const state = this.#state;
    this.#runs = [];
    this.#release(this.#pendingBytes);
    this.#nextSnapshot = undefined;
    if (!error.isLackOfRoom) state.directory.takeOffline(offlineBecause(error, 'writing to'));
    revertToWritten(state);
    // A segment that has just begun stays: its first batch is still to seal the one before.
    if (state.active === run.segment) this.#nextSnapshot = run.snapshot;
    if (written.size > 0) this.#events.written(written);
    this.#events.failed(error);
  }
}

/** Takes the log back to what is in its files. */
function revertToWritten(state: LogState): void {
  const { logEndOffset } = state;
  const kept = state.segments.filter((segment, index) => index === 0 || segment.baseOffset <= logEndOffset);
  for (const segment of state.segments.slice(kept.length)) segment.close();
  state.segments = kept;
  for (const segment of kept) {
    if (segment.sizeInBytes === segment.writtenBytes) continue;
    segment.revertToWritten();
    segment.needsTrim = true;
    try {
      segment.file('write').truncate(segment.writtenBytes);
      segment.needsTrim = false;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
  }
  state.producers.revertTo(logEndOffset);
  if (state.epochs.truncateFromEnd(logEndOffset + 1)) state.epochFile.onChange();
  state.nextOffset = logEndOffset;
}
