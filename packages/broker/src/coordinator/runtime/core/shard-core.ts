/**
 * What a coordinator is to the runtime: a pure state machine over the records of one partition of its internal topic.
 * It decides (step), is rebuilt from the log (load) and is rolled back (timeline). The group, transaction and share
 * coordinators are each one implementation.
 */
import type { Millis } from '@tidelog/core';
import type { ErrorCode } from '@tidelog/protocol';
import type { Timeline } from './timeline.ts';
import type { Turn } from './turn.ts';

export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

export interface LoadedRecord {
  readonly offset: number;
  readonly key: Buffer;
  readonly value: Buffer | null;
  /** -1 unless the record belongs to a transaction, whose marker comes later. */
  readonly producerId: number;
}

export interface ShardCore<Input, Rec> {
  /** Every change that a refused append must undo goes through it. */
  readonly timeline: Timeline;
  step(input: Input, turn: Turn<Rec>): void;
  /** What `turn.settle(token)` waited for came to its end. After an error, tracked state is rolled back already. */
  appended(token: unknown, error: ErrorCode, turn: Turn<Rec>): void;
  /** Deadlines have come. */
  tick(turn: Turn<Rec>): void;
  nextDeadline(): Millis;
  encode(record: Rec): EncodedRecord;
  /** A record as the log has it, while the shard loads. Unknown kinds are skipped. */
  load(record: LoadedRecord): void;
  /** A transaction marker, while the shard loads. */
  loadMarker(marker: { readonly producerId: number; readonly isCommit: boolean }): void;
  /** The log is read to its end: the shard serves from now on. */
  loaded(turn: Turn<Rec>): void;
  /** Tracked state was rolled back: timers that went with it are armed again. */
  reverted(turn: Turn<Rec>): void;
  /** The shard ends: everyone who waits inside the core is given back, to hear NOT_COORDINATOR. */
  unload(): Iterable<{ readonly id: number }>;
}
