import { Chunks, must, SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import { ErrorCode, ProtocolError } from '../errors.ts';
import { buildBatch, maxSizeOfRecord, sizeOfBatch } from './batch-builder.ts';
import { readBatchHeader } from './batch-header.ts';
import { recordsOf } from './records-of.ts';
import { cutAt, inPieces, randomBatch } from './testing/random-batches.ts';
import { validateRecords } from './validate-records.ts';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const options = { requireKeys: false, maxBytes: 1 << 24 };

test.each(codecs)('what is built with %s is valid and comes back, in any pieces', (codec) => {
  const random = new SeededRandom(5);
  for (let round = 0; round < 60; round++) {
    const input = randomBatch(random);
    const built = buildBatch({ ...input, codec, baseOffset: 1000 });
    const chunks = inPieces(built, random, 1 + random.below(5000));
    const header = must(readBatchHeader(chunks));
    const expected = input.records.map(({ key, value, timestamp, headers }, i) => {
      return { offset: 1000 + i, timestamp, key, value, headers };
    });
    const records = [...recordsOf(chunks)].map(({ offset, timestamp, key, value, headers }) => {
      return { offset, timestamp, key, value, headers };
    });
    expect(records).toEqual(expected);
    const maxTimestamp = Math.max(...input.records.map(({ timestamp }) => timestamp));
    const expectedResult = { error: ErrorCode.NONE, detail: '', recordErrors: [], maxTimestamp };
    expect(validateRecords(chunks, header, options)).toEqual(expectedResult);
    if (codec === 'none') expect(built.length).toBe(sizeOfBatch(input.records));
  }
});

test('a batch is valid wherever a piece ends', () => {
  const built = buildBatch(randomBatch(new SeededRandom(8), 12));
  const header = must(readBatchHeader(Chunks.of(built)));
  for (let at = 1; at < built.length; at++) {
    expect(validateRecords(cutAt(built, at), header, options).error).toBe(ErrorCode.NONE);
  }
});

test('offset deltas of one, two, three and four bytes are walked', () => {
  const records = Array.from({ length: 2_100 }, () => ({ key: null, value: null, timestamp: 5 }));
  for (let size = 1; size <= 2_100_000; size *= 10) {
    const many = size <= 2_100 ? records.slice(0, size) : Array.from({ length: size }, () => must(records[0]));
    const built = Chunks.of(buildBatch({ records: many }));
    expect(validateRecords(built, must(readBatchHeader(built)), options)).toMatchObject({
      detail: '',
      maxTimestamp: 5,
    });
  }
});

test('no record adds more to a batch than was foretold', () => {
  const random = new SeededRandom(21);
  for (let round = 0; round < 100; round++) {
    const { records } = randomBatch(random, 5);
    const foretold = records.reduce((sum, record) => sum + maxSizeOfRecord(record), 61);
    expect(sizeOfBatch(records)).toBeLessThanOrEqual(foretold);
  }
});

test('a compacted batch keeps its offsets, and its horizon stands where the base timestamp was', () => {
  const record = (offset: number) => ({ offset, key: Buffer.from('k'), value: null, timestamp: 1000 + offset });
  const batch = Chunks.of(
    buildBatch({ baseOffset: 50, lastOffset: 60, deleteHorizon: 99_000, records: [record(53), record(57)] }),
  );
  const header = must(readBatchHeader(batch));
  expect([header.lastOffset, header.hasDeleteHorizon, header.baseTimestamp]).toEqual([60, true, 99_000]);
  expect([...recordsOf(batch)].map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
    [53, 1053],
    [57, 1057],
  ]);
});

test('an empty batch keeps the last sequence of a producer', () => {
  const empty = buildBatch({
    records: [],
    codec: 'gzip',
    baseOffset: 5,
    lastOffset: 9,
    producerId: 4,
    baseSequence: 3,
  });
  const header = must(readBatchHeader(Chunks.of(empty)));
  expect([header.sizeInBytes, header.recordCount, header.lastSequence]).toEqual([61, 0, 7]);
  expect([...recordsOf(Chunks.of(empty))]).toEqual([]);
});

test.each(codecs)('a %s batch that is cut off anywhere throws a protocol error', (codec) => {
  const built = buildBatch({ ...randomBatch(new SeededRandom(13), 10), codec });
  for (let length = 0; length < built.length; length++) {
    const cut = Chunks.of(built.subarray(0, length));
    expect(() => [...recordsOf(cut)]).toThrow(ProtocolError);
  }
});
