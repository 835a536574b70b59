/**
 * From decisions to committed records: all decisions of one turn leave in one append (split only where the topic's
 * largest batch demands it, or where producers of transactions differ), answers are released in order as appends
 * commit.
 *
 *   decide, decide ─▶ pending ─(end of turn)─▶ append ─▶ in flight ─(high watermark)─▶ release answers
 *                        │ refused: roll back, fail        │ failed: the shard is lost and loaded anew
 */
import { Chunks, type World } from '@tidelog/core';
import { buildBatch, ErrorCode, maxSizeOfRecord, type Codec } from '@tidelog/protocol';
import type { Deadline, Deadlines } from '../../deadlines.ts';
import type { Replica } from '../../replication/replica.ts';
import type { EncodedRecord } from './core/shard-core.ts';
import type { Timeline } from './core/timeline.ts';
import type { TransactionalProducer } from './core/turn.ts';

/** One decision: its records, and who waits for them. */
export interface Decision {
  readonly records: readonly EncodedRecord[];
  readonly producer: TransactionalProducer | undefined;
  readonly waiters: readonly DecisionWaiter[];
  /** The timeline before and behind its changes. */
  readonly from: number;
  readonly to: number;
}

export interface DecisionWaiter {
  /** Called once; NONE when the records are committed. A timeout tells requests and leaves the records on their way. */
  settle(error: ErrorCode): void;
  /** What the core waits for is never given up for being late. */
  readonly isPatient: boolean;
}

export interface ShardWriterDeps {
  readonly world: World;
  readonly deadlines: Deadlines;
  readonly replica: Replica;
  readonly leaderEpoch: number;
  readonly timeline: Timeline;
  readonly codec: Codec;
  /** offsets.commit.timeout.ms */
  readonly commitTimeoutMs: number;
  /** A decision was undone: nothing of it is in the log. */
  readonly onReverted: () => void;
  /** State and log may differ: the shard has to be loaded again, if this broker still leads. */
  readonly onLost: (error: ErrorCode) => void;
}

interface InFlight {
  readonly to: number;
  waiters: DecisionWaiter[];
  readonly deadline: Deadline;
  done: boolean;
}

const batchOverhead = 61;

export class ShardWriter {
  readonly #deps: ShardWriterDeps;
  #pending: Decision[] = [];
  readonly #inFlight: InFlight[] = [];
  #scheduled = false;
  #closed = false;
  #onClose: () => void = () => undefined;

  constructor(deps: ShardWriterDeps) {
    this.#deps = deps;
  }

  /** Whether each of the records fits a batch: a decision may take several batches, a record may not. */
  canTake(records: readonly EncodedRecord[]): boolean {
    const limit = this.#batchLimit;
    return records.every((record) => maxSizeOfRecord(record) <= limit);
  }

  /**
   * What was loaded up to this offset may not be committed yet: until it is, what is decided waits behind it, so that
   * nobody is told of an offset that another leader may not have.
   */
  awaitCommitted(end: number): void {
    const { replica, timeline } = this.#deps;
    if (replica.highWatermark >= end) return;
    const loaded = this.#batch(timeline.position, []);
    const watcher = {
      onReplicaChanged: (): void => {
        if (replica.highWatermark < end) return;
        replica.unwatch(watcher);
        loaded.done = true;
        this.#release();
      },
    };
    replica.watch(watcher);
    this.#onClose = () => replica.unwatch(watcher);
  }

  /** Nothing is on its way: what is decided without records may be answered at once. */
  get isIdle(): boolean {
    return this.#pending.length === 0 && this.#inFlight.length === 0;
  }

  add(decision: Decision): void {
    if (decision.records.length === 0 && this.isIdle) {
      this.#deps.timeline.commitTo(decision.to);
      for (const waiter of decision.waiters) waiter.settle(ErrorCode.NONE);
      return;
    }
    this.#pending.push(decision);
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#deps.world.timers.endOfTurn(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  /** Everybody hears the error; nothing is appended any more. */
  close(error: ErrorCode): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
    const waiters = [
      ...this.#inFlight.flatMap((batch) => batch.waiters),
      ...this.#pending.flatMap((decision) => decision.waiters),
    ];
    for (const batch of this.#inFlight) this.#deps.deadlines.remove(batch.deadline);
    this.#inFlight.length = 0;
    this.#pending = [];
    for (const waiter of waiters) waiter.settle(error);
  }

  get #batchLimit(): number {
    return (this.#deps.replica.log?.config.maxMessageBytes ?? 1_048_588) - batchOverhead;
  }

  #flush(): void {
    const decisions = this.#pending;
    this.#pending = [];
    const limit = this.#batchLimit;
    for (let at = 0; at < decisions.length && !this.#closed;) {
      const end = endOfBatch(decisions, at, limit);
      const error = this.#append(decisions.slice(at, end), limit);
      if (error !== ErrorCode.NONE) return this.#refuse(decisions.slice(at), error);
      at = end;
    }
  }

  /** NONE, or the error of an append that left nothing of these decisions in the log (or lost the shard). */
  #append(decisions: readonly Decision[], limit: number): ErrorCode {
    const records = decisions.flatMap((decision) => decision.records);
    const waiters = decisions.flatMap((decision) => decision.waiters);
    const to = decisions.at(-1)?.to ?? 0;
    if (records.length === 0) {
      this.#attach(waiters, to);
      return ErrorCode.NONE;
    }
    const pieces = splitBySize(records, limit);
    for (const [index, piece] of pieces.entries()) {
      const batch = this.#batch(to, index === pieces.length - 1 ? waiters : []);
      const error = this.#appendBatch(piece, decisions[0]?.producer, batch);
      if (error === ErrorCode.NONE) continue;
      this.#forget(batch);
      // Part of a decision is in the log: only the log knows the state now.
      if (index > 0) this.#deps.onLost(error);
      return error;
    }
    return ErrorCode.NONE;
  }

  #batch(to: number, waiters: DecisionWaiter[]): InFlight {
    const { deadlines, commitTimeoutMs } = this.#deps;
    const expiring = { onExpired: (): void => this.#expire(batch) };
    const batch: InFlight = { to, waiters, done: false, deadline: deadlines.add(expiring, commitTimeoutMs) };
    this.#inFlight.push(batch);
    return batch;
  }

  #appendBatch(
    records: readonly EncodedRecord[],
    producer: TransactionalProducer | undefined,
    batch: InFlight,
  ): ErrorCode {
    const { world, replica, leaderEpoch, codec } = this.#deps;
    const timestamp = world.clock.wall();
    const bytes = buildBatch({
      records: records.map(({ key, value }) => ({ key, value, timestamp })),
      codec,
      ...(producer !== undefined && { ...producer, isTransactional: true }),
    });
    const waiter = { settled: false, onAcknowledged: (error: ErrorCode): void => this.#onAcknowledged(batch, error) };
    const outcome = replica.append(Chunks.of(bytes), {
      acks: -1,
      origin: 'coordinator',
      expectedLeaderEpoch: leaderEpoch,
      waiter,
    });
    return outcome.kind === 'refused' ? outcome.error : ErrorCode.NONE;
  }

  /** Decisions without records wait for what was decided before them, with a deadline of their own. */
  #attach(waiters: readonly DecisionWaiter[], to: number): void {
    this.#batch(to, [...waiters]).done = true;
    this.#release();
  }

  #onAcknowledged(batch: InFlight, error: ErrorCode): void {
    if (this.#closed) return;
    // The records are in the log and will be committed when the ISR is back: only the requests hear of it.
    const isInLog = error === ErrorCode.NONE || error === ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
    if (!isInLog) return this.#deps.onLost(error);
    if (error !== ErrorCode.NONE) this.#failRequests(batch, error);
    batch.done = true;
    this.#release();
  }

  /** In the order in which they were decided. */
  #release(): void {
    while (this.#inFlight[0]?.done === true) {
      const first = this.#inFlight.shift() as InFlight;
      this.#deps.deadlines.remove(first.deadline);
      this.#deps.timeline.commitTo(first.to);
      for (const waiter of first.waiters) waiter.settle(ErrorCode.NONE);
    }
  }

  #expire(batch: InFlight): void {
    this.#failRequests(batch, ErrorCode.REQUEST_TIMED_OUT);
  }

  #failRequests(batch: InFlight, error: ErrorCode): void {
    const { waiters } = batch;
    batch.waiters = waiters.filter((waiter) => waiter.isPatient);
    for (const waiter of waiters) if (!waiter.isPatient) waiter.settle(error);
  }

  #forget(batch: InFlight): void {
    const at = this.#inFlight.indexOf(batch);
    if (at >= 0) this.#inFlight.splice(at, 1);
    this.#deps.deadlines.remove(batch.deadline);
  }

  /** Undoes the decisions, and what was decided after them and stood on them. */
  #refuse(decisions: readonly Decision[], error: ErrorCode): void {
    const lost = [...decisions, ...this.#pending];
    this.#pending = [];
    if (!this.#closed) {
      this.#deps.timeline.revertTo(decisions[0]?.from ?? 0);
      this.#deps.onReverted();
    }
    for (const decision of lost) for (const waiter of decision.waiters) waiter.settle(error);
  }
}

/** As many decisions as fit one batch, all of one producer; at least one. */
function endOfBatch(decisions: readonly Decision[], from: number, limit: number): number {
  let size = 0;
  let at = from;
  for (; at < decisions.length; at++) {
    const decision = decisions[at] as Decision;
    if (decision.producer?.producerId !== decisions[from]?.producer?.producerId) break;
    size += sizeOf(decision.records);
    if (size > limit && at > from) break;
  }
  return at;
}

function sizeOf(records: readonly EncodedRecord[]): number {
  let size = 0;
  for (const record of records) size += maxSizeOfRecord(record);
  return size;
}

function splitBySize(records: readonly EncodedRecord[], limit: number): EncodedRecord[][] {
  const pieces: EncodedRecord[][] = [[]];
  let size = 0;
  for (const record of records) {
    const next = maxSizeOfRecord(record);
    const current = pieces.at(-1) as EncodedRecord[];
    if (size + next > limit && current.length > 0) {
      pieces.push([record]);
      size = next;
    } else {
      current.push(record);
      size += next;
    }
  }
  return pieces;
}
