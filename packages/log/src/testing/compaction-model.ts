/**
 * Builds compacted topics by the seed: keyed records with tombstones, single producers and transactions that commit or
 * abort, in every codec; and says what a reader of committed data must find whatever compaction does.
 */
import { Chunks, type SeededRandom } from '@tidelog/core';
import {
  batchesOf,
  buildBatch,
  buildEndTxnMarker,
  recordsOf,
  verifyCrc,
  type BatchInput,
  type Codec,
} from '@tidelog/protocol';
import type { PartitionLog } from '../partition-log.ts';
import { readAll, type LogFixture } from './log-fixture.ts';

export interface Entry {
  readonly offset: number;
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
  readonly aborted: boolean;
}

export interface ReadBack {
  readonly entries: readonly Entry[];
  /** Offsets of batches, first and last. */
  readonly bounds: readonly (readonly [number, number])[];
  /** The base offsets of control batches. */
  readonly markers: readonly number[];
  /** Last offset of the last batch. */
  readonly end: number;
  readonly bytes: Buffer;
}

const allCodecs: readonly Codec[] = ['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'];

export class CompactionModel {
  /** Everything that was written, by offset. */
  readonly written: Entry[] = [];
  readonly #fixture: LogFixture;
  readonly #random: SeededRandom;
  readonly #keys: number;
  readonly #sequences = new Map<number, number>();
  readonly #open = new Map<number, number[]>();

  readonly #codecs: readonly Codec[];

  constructor(fixture: LogFixture, random: SeededRandom, keys: number, codecs = allCodecs) {
    this.#codecs = codecs;
    this.#fixture = fixture;
    this.#random = random;
    this.#keys = keys;
  }

  /** Appends one batch or marker. */
  step(log: PartitionLog): void {
    const dice = this.#random.below(10);
    if (dice < 6) this.#append(log, -1, false);
    else if (dice < 7) this.#append(log, 100 + this.#random.below(3), false);
    else if (dice < 9) this.#append(log, 200 + this.#random.below(3), true);
    else this.endOne(log);
  }

  /** Ends a transaction that is open; false when none is. */
  endOne(log: PartitionLog): boolean {
    const [producerId] = this.#open.keys();
    if (producerId === undefined) return false;
    const committed = this.#random.below(2) === 0;
    const timestamp = this.#fixture.world.clock.wall();
    const marker = buildEndTxnMarker({ producerId, producerEpoch: 0, coordinatorEpoch: 1, committed, timestamp });
    this.#accept(log, marker, 'coordinator');
    const positions = new Set(this.#open.get(producerId));
    this.#open.delete(producerId);
    if (committed) return true;
    for (const [index, entry] of this.written.entries()) {
      if (positions.has(entry.offset)) this.written[index] = { ...entry, aborted: true };
    }
    return true;
  }

  /** The last committed value of every key whose last record is no tombstone. */
  latest(upTo = Infinity): Map<string, Entry> {
    return latestOf(this.written.filter(({ offset }) => offset < upTo));
  }

  #append(log: PartitionLog, producerId: number, isTransactional: boolean): void {
    const random = this.#random;
    const { world } = this.#fixture;
    world.now += random.below(50);
    const count = 1 + random.below(6);
    const records = Array.from({ length: count }, () => ({
      key: Buffer.from(`k${random.below(this.#keys)}`),
      value: random.below(5) === 0 ? null : Buffer.from(`v${random.below(1e6)}-${'x'.repeat(random.below(40))}`),
      timestamp: world.clock.wall() - random.below(1000),
      headers: random.below(4) === 0 ? [{ key: 'h', value: Buffer.from('1') }] : [],
    }));
    const baseSequence = producerId < 0 ? -1 : (this.#sequences.get(producerId) ?? 0);
    const input: BatchInput = {
      records,
      codec: this.#codecs[random.below(this.#codecs.length)] ?? 'none',
      ...(producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence, isTransactional }),
    };
    const firstOffset = this.#accept(log, buildBatch(input), 'coordinator');
    if (producerId >= 0) this.#sequences.set(producerId, baseSequence + count);
    const offsets: number[] = [];
    for (const [index, { key, value, timestamp }] of records.entries()) {
      const offset = firstOffset + index;
      offsets.push(offset);
      this.written.push({
        offset,
        key: key.toString(),
        value: value?.toString() ?? null,
        timestamp,
        aborted: false,
      });
    }
    if (isTransactional) this.#open.set(producerId, [...(this.#open.get(producerId) ?? []), ...offsets]);
  }

  #accept(log: PartitionLog, bytes: Buffer, origin: 'client' | 'coordinator'): number {
    const outcome = this.#fixture.append(log, Chunks.of(bytes), { origin });
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
    this.#fixture.world.turn();
    log.updateHighWatermark(log.logEndOffset);
    return outcome.firstOffset;
  }
}

export function latestOf(entries: readonly Entry[]): Map<string, Entry> {
  const latest = new Map<string, Entry>();
  for (const entry of entries) {
    if (entry.aborted) continue;
    if (entry.value === null) latest.delete(entry.key);
    else latest.set(entry.key, entry);
  }
  return latest;
}

/** Everything in the log as a reader of committed data meets it; checks every batch on the way. */
export async function readBack(fixture: LogFixture, log: PartitionLog): Promise<ReadBack> {
  const { bytes } = await readAll(fixture.world, log);
  const entries: Entry[] = [];
  const bounds: [number, number][] = [];
  const markers: number[] = [];
  const aborted = log
    .abortedTransactions({ from: 0, to: log.logEndOffset })
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const ongoing = new Set<number>();
  let next = -1;
  for (const { header, position, bytes: batch } of batchesOf(Chunks.of(bytes))) {
    if (!verifyCrc(Chunks.of(bytes), position, header)) throw new Error(`crc of ${header.baseOffset}`);
    if (header.baseOffset <= next) throw new Error(`batch ${header.baseOffset} after ${next}`);
    next = header.lastOffset;
    bounds.push([header.baseOffset, header.lastOffset]);
    for (let first = aborted[0]; first !== undefined && first.firstOffset <= header.lastOffset; first = aborted[0]) {
      ongoing.add(first.producerId);
      aborted.shift();
    }
    if (header.isControl) {
      if (header.recordCount > 0) ongoing.delete(header.producerId);
      markers.push(header.baseOffset);
      continue;
    }
    for (const { offset, key, value, timestamp } of recordsOf(batch, header)) {
      entries.push({
        offset,
        key: String(key),
        value: value?.toString() ?? null,
        timestamp,
        aborted: header.isTransactional && ongoing.has(header.producerId),
      });
    }
  }
  return { entries, bounds, markers, end: next, bytes };
}
