/** What compaction decides: which part of a log, which batches, which records, and what the rebuilt bytes look like. */
import { Chunks } from '@tidelog/core';
import { buildBatch, readBatchHeader, recordsOf, recordsPayload, verifyCrc, type BatchHeader } from '@tidelog/protocol';
import { describe, expect, test } from 'vitest';
import { defaultLogConfig } from '../log-config.ts';
import { decideFate, hasPassedHorizon } from './batch-fate.ts';
import { isDue, isFilthier, planCleaning, type CleanableLog, type CleaningPlan } from './candidates.ts';
import { CleanedTransactions } from './cleaned-transactions.ts';
import { KeyMap } from './key-map.ts';
import { keptPayload, rebuildBatch } from './rebuild-batch.ts';
import { RecordFilter } from './record-filter.ts';
import { groupSegments, type GroupedSegment } from './segment-groups.ts';

const hashKey = Buffer.from('0123456789abcdef');

function headerOf(batch: Buffer): BatchHeader {
  const header = readBatchHeader(Chunks.of(batch));
  if (header === undefined) throw new Error('no batch');
  return header;
}

function mapOf(offsets: Readonly<Record<string, number>>): KeyMap {
  const map = new KeyMap({ baseOffset: 0, expectedKeys: 100, bufferBytes: 4000, loadFactor: 0.9, hashKey });
  for (const [key, offset] of Object.entries(offsets)) {
    map.put(Buffer.from(key), { start: 0, end: key.length, offset });
  }
  return map;
}

describe('the part of a log that is cleaned', () => {
  const segment = (baseOffset: number, time: number): CleanableLog['segments'][number] => ({
    baseOffset,
    sizeInBytes: 100,
    largestTimestamp: () => time,
    firstTimestamp: () => time,
  });
  const segments = [segment(0, 1000), segment(10, 2000), segment(20, 3000), segment(30, 4000)];
  const facts = { segments, logStartOffset: 0, lastStableOffset: 40, cleanPoint: undefined };
  const plan = (log: Partial<CleanableLog>, config = {}): CleaningPlan =>
    planCleaning({ ...facts, ...log, config: { ...defaultLogConfig, ...config } }, 5000);

  test('ends at the active segment', () => {
    expect(plan({})).toMatchObject({ firstDirtyOffset: 0, firstUncleanableOffset: 30, dirtyRatio: 1 });
  });

  test('begins at the clean point', () => {
    expect(plan({ cleanPoint: 20 })).toMatchObject({ firstDirtyOffset: 20, cleanBytes: 200, cleanableBytes: 100 });
  });

  test('begins at the log start when that lies behind the clean point', () => {
    expect(plan({ cleanPoint: 5, logStartOffset: 12 })).toMatchObject({ firstDirtyOffset: 12, cleanableBytes: 200 });
  });

  test('does not reach a segment that is not stable as a whole', () => {
    expect(plan({ lastStableOffset: 29 })).toMatchObject({ firstUncleanableOffset: 20 });
  });

  test('does not reach what is younger than min.compaction.lag.ms', () => {
    expect(plan({}, { minCompactionLagMs: 3500 })).toMatchObject({ firstUncleanableOffset: 10 });
  });

  test('is due by its ratio, or by max.compaction.lag.ms whatever the ratio', () => {
    expect(isDue(plan({ cleanPoint: 20 }), defaultLogConfig)).toBe(false);
    expect(isDue(plan({ cleanPoint: 10 }), defaultLogConfig)).toBe(true);
    const late = plan({ cleanPoint: 20 }, { maxCompactionLagMs: 1500 });
    expect(late.overdueMs).toBe(500);
    expect(isDue(late, defaultLogConfig)).toBe(true);
    expect(isFilthier(late, plan({}))).toBe(true);
  });
});

describe('the map of keys', () => {
  test('knows the last offset of every key, the empty one too', () => {
    const base = 5_000_000_000;
    const map = new KeyMap({ baseOffset: base, expectedKeys: 5000, bufferBytes: 1e6, loadFactor: 0.9, hashKey });
    const keys = Array.from({ length: 5000 }, (_, index) => Buffer.from(`${'k'.repeat(index % 9)}${index}`));
    keys[0] = Buffer.alloc(0);
    for (const round of [0, 1]) {
      for (const [index, key] of keys.entries()) {
        expect(map.put(key, { start: 0, end: key.length, offset: base + round * 5000 + index })).toBe(true);
      }
    }
    expect(map.size).toBe(5000);
    for (const [index, key] of keys.entries()) expect(map.offsetOf(key, 0, key.length)).toBe(base + 5000 + index);
    expect(map.offsetOf(Buffer.from('other'), 0, 5)).toBe(-1);
  });

  test('takes no more keys than it has room for, and still takes the ones it knows', () => {
    const map = new KeyMap({ baseOffset: 0, expectedKeys: 1000, bufferBytes: 200, loadFactor: 0.5, hashKey });
    const put = (key: number): boolean => map.put(Buffer.from([key]), { start: 0, end: 1, offset: key });
    expect([0, 1, 2, 3, 4, 5, 6, 7].filter(put)).toEqual([0, 1, 2, 3, 4]);
    expect(map.latestOffset).toBe(4);
    expect(put(2)).toBe(true);
  });
});

describe('the fate of a batch', () => {
  const facts = { isRemovable: false, isLastOfGroup: false, lastOfProducer: undefined };
  const records = [{ key: Buffer.alloc(4), value: Buffer.alloc(6), timestamp: 50 }];
  const data = headerOf(buildBatch({ records, producerId: 7, producerEpoch: 0, baseSequence: 0 }));

  test('data of an aborted transaction goes', () => {
    expect(decideFate(data, { ...facts, isRemovable: true }, 0)).toMatchObject({ records: 'drop', keepEmpty: false });
  });

  test('the batch with the last sequence of a producer stays without its records', () => {
    const last = { lastDataOffset: 0, producerEpoch: 0 };
    expect(decideFate(data, { ...facts, lastOfProducer: last }, 0).keepEmpty).toBe(true);
    expect(decideFate(data, { ...facts, lastOfProducer: { ...last, lastDataOffset: 9 } }, 0).keepEmpty).toBe(false);
  });

  test('a marker of which no data is left goes once its horizon has passed', () => {
    const input = { records, producerId: 7, producerEpoch: 0, isTransactional: true, isControl: true };
    const fresh = headerOf(buildBatch(input));
    const marked = headerOf(buildBatch({ ...input, deleteHorizon: 100 }));
    const removable = { ...facts, isRemovable: true };
    expect(decideFate(fresh, removable, 1e9)).toMatchObject({ records: 'keep', needsHorizon: true });
    expect(decideFate(marked, removable, 99).records).toBe('keep');
    expect(decideFate(marked, removable, 100).records).toBe('drop');
    expect(decideFate(marked, facts, 100).records).toBe('keep');
    expect(hasPassedHorizon(fresh, 1e9)).toBe(false);
  });
});

test('a marker stays as long as data of its transaction does, with its entry in the index', () => {
  const records = [{ key: null, value: null, timestamp: 1 }];
  const header = (baseOffset: number, producerId: number): BatchHeader =>
    headerOf(buildBatch({ baseOffset, records, producerId, producerEpoch: 0, isTransactional: true }));
  const entry = { producerId: 7, firstOffset: 3, lastOffset: 5, lastStableOffset: 6 };
  const transactions = new CleanedTransactions([entry]);
  expect(transactions.onData(header(2, 8))).toBe(false);
  expect(transactions.onData(header(3, 7))).toBe(true);
  expect(transactions.onMarker(header(5, 7), 'abort')).toEqual({ isRemovable: false, aborted: entry });
  expect(transactions.onMarker(header(6, 8), 'commit')).toEqual({ isRemovable: false, aborted: undefined });
  expect(transactions.onMarker(header(7, 8), 'commit')).toEqual({ isRemovable: true, aborted: undefined });
  expect(transactions.onMarker(header(8, 9), 'abort')).toEqual({ isRemovable: true, aborted: undefined });
  expect(transactions.onData(header(9, 7))).toBe(false);
});

describe('the records of a batch', () => {
  const rows: readonly (readonly [string | null, string | null, number])[] = [
    ['a', '1', 100],
    ['b', null, 90],
    [null, '3', 300],
    ['c', '4', 80],
    ['d', '5', 200],
  ];
  const bytesOf = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text));
  const headers = [{ key: 'h', value: null }];
  const records = rows.map(([key, value, timestamp]) => ({
    key: bytesOf(key),
    value: bytesOf(value),
    timestamp,
    headers,
  }));
  const batch = buildBatch({ baseOffset: 10, records, producerId: 3, producerEpoch: 1, baseSequence: 40 });
  const header = headerOf(batch);
  const filtered = (map: KeyMap, dropTombstones = false): RecordFilter => {
    const filter = new RecordFilter(recordsPayload(Chunks.of(batch), header, 1e6), header, { map, dropTombstones });
    while (!filter.run(2));
    return filter;
  };
  const rebuilt = (filter: RecordFilter, horizon: number | undefined): Buffer => {
    const rebase = horizon === undefined ? undefined : { from: header.baseTimestamp, to: horizon };
    const { kept: recordCount, maxTimestamp } = filter;
    const kept = keptPayload(filter, rebase);
    return rebuildBatch({ head: batch, header, records: kept, recordCount, maxTimestamp, horizon });
  };
  const offsetsOf = (bytes: Buffer): number[] => [...recordsOf(Chunks.of(bytes))].map(({ offset }) => offset);

  test('the ones that a later one has replaced go, and those without a key', () => {
    const map = mapOf({ a: 20, b: 11, c: 13, d: 14 });
    map.latestOffset = 20;
    const filter = filtered(map);
    expect(filter).toMatchObject({ kept: 3, keptTombstones: true, maxTimestamp: 200 });
    expect(offsetsOf(rebuilt(filter, undefined))).toEqual([11, 13, 14]);
    expect(offsetsOf(rebuilt(filtered(map, true), undefined))).toEqual([13, 14]);
  });

  test('behind the end of the map all stay', () => {
    expect(offsetsOf(rebuilt(filtered(mapOf({ a: 9 })), undefined))).toEqual([10, 11, 12, 13, 14]);
  });

  test('a delete horizon changes no timestamp, and nothing of the header but what it must', () => {
    const map = mapOf({ a: 20 });
    map.latestOffset = 12;
    const bytes = rebuilt(filtered(map), 1_700_000_000_000);
    const after = headerOf(bytes);
    expect(verifyCrc(Chunks.of(bytes), 0, after)).toBe(true);
    expect(after).toMatchObject({ baseOffset: 10, lastOffset: 14, baseSequence: 40, lastSequence: 44, recordCount: 3 });
    expect(after).toMatchObject({ hasDeleteHorizon: true, baseTimestamp: 1_700_000_000_000, maxTimestamp: 200 });
    const found = [...recordsOf(Chunks.of(bytes))];
    expect(found.map(({ offset, timestamp }) => `${offset} at ${timestamp}`)).toEqual([
      '11 at 90',
      '13 at 80',
      '14 at 200',
    ]);
    expect(found[1]?.headers[0]?.key.toString()).toBe('h');
  });

  test('a batch without records keeps its offsets and its sequence', () => {
    const kept = { records: Buffer.alloc(0), recordCount: 0, maxTimestamp: 300, horizon: undefined };
    const after = headerOf(rebuildBatch({ head: batch, header, ...kept }));
    expect(after).toMatchObject({ sizeInBytes: 61, baseOffset: 10, lastOffset: 14, lastSequence: 44, recordCount: 0 });
    expect(after).toMatchObject({ baseTimestamp: -1, maxTimestamp: 300, codec: 'none' });
  });
});

test('segments are merged up to the size of one and the reach of its indexes', () => {
  const sizes = [40, 60, 1, 1, 200];
  const segments = [0, 10, 20, 3e9, 3e9 + 5].map((baseOffset, index): GroupedSegment => {
    return { baseOffset, sizeInBytes: sizes[index] ?? 0, indexEntries: 1, timeIndexEntries: 1 };
  });
  const limits = { segmentBytes: 100, segmentIndexBytes: 1000 };
  const bases = (groups: readonly GroupedSegment[][]): number[][] =>
    groups.map((group) => group.map((one) => one.baseOffset));
  expect(bases(groupSegments(segments, 4e9, limits))).toEqual([[0, 10], [20], [3e9], [3e9 + 5]]);
  const tight = { ...limits, segmentIndexBytes: 16 };
  expect(bases(groupSegments(segments.slice(0, 3), 30, tight))).toEqual([[0], [10], [20]]);
});
