/**
 * Reads a partition of a coordinator's topic from its start to its end into the shard's core, in slices of a few
 * milliseconds, so that a large log holds up nobody else. What is appended meanwhile (markers of transactions) is read
 * too. The end may be above the high watermark: the shard's writer tells nobody of it before it is committed.
 */
import type { World } from '@tidelog/core';
import type { ReadOutcome } from '@tidelog/log';
import { batchesOf, readControlRecord, recordCursor, recordsOf, type BatchSlice } from '@tidelog/protocol';
import type { Replica } from '../../replication/replica.ts';
import type { LoadedRecord } from './core/shard-core.ts';

/** What a load replays into: a ShardCore of any kind. */
export interface Loadable {
  load(record: LoadedRecord): void;
  loadMarker(marker: { readonly producerId: number; readonly isCommit: boolean }): void;
}

export interface LoadOptions {
  readonly world: World;
  readonly replica: Replica;
  readonly core: Loadable;
  /** offsets.load.buffer.size */
  readonly bufferBytes: number;
  readonly isCancelled: () => boolean;
}

const sliceMs = 4;

export interface Loaded {
  readonly records: number;
  /** The log is read up to here. */
  readonly end: number;
}

/** Resolves with undefined when it was cancelled. Rejects when the log cannot be read. */
export async function loadShard(options: LoadOptions): Promise<Loaded | undefined> {
  const { world, replica, bufferBytes, isCancelled } = options;
  if (isCancelled()) return undefined;
  let offset = replica.logStartOffset;
  let records = 0;
  let sliceEnd = world.clock.monotonic() + sliceMs;
  while (offset < (replica.log?.nextOffset ?? replica.logEndOffset)) {
    const written = replica.logEndOffset;
    if (offset >= written) {
      await new Promise<void>((resolve) => void world.timers.after(1, resolve));
      if (isCancelled()) return undefined;
      continue;
    }
    const outcome = await replica.read({ offset, maxBytes: bufferBytes, minOneBatch: true, upTo: 'logEnd' });
    if (isCancelled()) return undefined;
    const read = dataOf(outcome, replica);
    let next = offset;
    for (const batch of batchesOf(read)) {
      if (batch.header.lastOffset < offset) continue;
      records += loadBatch(options.core, batch);
      next = batch.header.lastOffset + 1;
      if (world.clock.monotonic() < sliceEnd) continue;
      await new Promise<void>((resolve) => void world.timers.after(0, resolve));
      if (isCancelled()) return undefined;
      sliceEnd = world.clock.monotonic() + sliceMs;
    }
    // Compaction may have left no batch up to the end.
    offset = next === offset ? written : next;
  }
  return { records, end: offset };
}

function dataOf(outcome: ReadOutcome, replica: Replica): Extract<ReadOutcome, { kind: 'data' }>['records'] {
  if (outcome.kind === 'data') return outcome.records;
  const why = outcome.kind === 'error' ? outcome.detail : 'the offset is out of range';
  throw new Error(`${replica.topic}-${replica.partition} cannot be read: ${why}`);
}

function loadBatch(core: Loadable, { header, bytes }: BatchSlice): number {
  if (header.isControl) {
    for (const { key } of recordsOf(bytes, header)) {
      const type = key === null ? undefined : readControlRecord(key);
      if (type?.name !== 'COMMIT' && type?.name !== 'ABORT') continue;
      core.loadMarker({ producerId: header.producerId, isCommit: type.name === 'COMMIT' });
    }
    return header.recordCount;
  }
  const producerId = header.isTransactional ? header.producerId : -1;
  const cursor = recordCursor(bytes, header);
  while (cursor.next()) {
    const key = cursor.key();
    if (key !== null) core.load({ offset: cursor.offset, key, value: cursor.value(), producerId });
  }
  return header.recordCount;
}
