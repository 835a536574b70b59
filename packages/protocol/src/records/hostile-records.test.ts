/** Batches that lie, each with a length and a crc that are right, as a hostile client would send them. */
import { Chunks, must, SeededRandom } from '@tidelog/core';
import { describe, expect, test } from 'vitest';
import { ErrorCode, errorName, ProtocolError } from '../errors.ts';
import { buildBatch, type BatchInput } from './batch-builder.ts';
import { batchHeaderLength, readBatchHeader } from './batch-header.ts';
import { buildEndTxnMarker } from './control-records.ts';
import { recordsOf } from './records-of.ts';
import { cutAt, forged, inPieces, randomBatch } from './testing/random-batches.ts';
import { validateClientFrame, validateClientHeader } from './validate-header.ts';
import { validateRecords, type RecordErrors } from './validate-records.ts';
import { writeVarint } from './varint.ts';

const record = (text: string) => ({ key: Buffer.from(text), value: Buffer.from('value'), timestamp: 10_000 });
const good = buildBatch({ records: [record('a'), record('b'), record('c')] });
const idempotent: BatchInput = { records: [record('a')], producerId: 5, producerEpoch: 0, baseSequence: 0 };

/** What a broker answers to a batch, in the order in which it looks. */
function answer(bytes: Buffer, maxMessageBytes = 1 << 20): string {
  const chunks = Chunks.of(bytes);
  const header = must(readBatchHeader(chunks));
  const limits = { available: bytes.length, maxMessageBytes };
  const refused = validateClientFrame(header, limits) ?? validateClientHeader(header);
  return errorName(refused?.error ?? check(bytes).error);
}

function check(bytes: Buffer, requireKeys = false): RecordErrors {
  const chunks = Chunks.of(bytes);
  const timestampWindow = { earliest: 5_000, latest: 20_000 };
  return validateRecords(chunks, must(readBatchHeader(chunks)), { requireKeys, timestampWindow, maxBytes: 1 << 20 });
}

/** A batch of one record whose body is written by hand. */
function handmade(...body: number[]): Buffer {
  const length = Buffer.alloc(5);
  const end = writeVarint(length, 0, body.length);
  return withPayload(Buffer.concat([length.subarray(0, end), Buffer.from(body)]));
}

function withPayload(payload: Buffer, recordCount = 1): Buffer {
  return forged(buildBatch({ records: [record('a')] }), (copy) => {
    copy.writeInt32BE(recordCount, 57);
    copy.writeInt32BE(recordCount - 1, 23);
    return Buffer.concat([copy.subarray(0, batchHeaderLength), payload]);
  });
}

test('the batch that the others are forged from is fine', () => {
  expect(answer(good)).toBe('NONE');
  expect(answer(buildBatch(idempotent))).toBe('NONE');
  expect(answer(handmade(0, 0, 0, 1, 1, 0))).toBe('NONE');
});

const set = (bytes: number, at: number, value: number) => (copy: Buffer) => {
  if (bytes === 8) copy.writeBigInt64BE(BigInt(value), at);
  else copy.writeIntBE(value, at, bytes);
};

describe('a header that lies', () => {
  test.each([
    ['base offset', good, set(8, 0, 1), 'INVALID_RECORD'],
    ['negative base offset', good, set(8, 0, -1), 'INVALID_RECORD'],
    ['magic 0', good, set(1, 16, 0), 'INVALID_RECORD'],
    ['magic 1', good, set(1, 16, 1), 'INVALID_RECORD'],
    ['magic 3', good, set(1, 16, 3), 'INVALID_RECORD'],
    ['codec 5', good, set(2, 21, 5), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['codec 7', good, set(2, 21, 7), 'UNSUPPORTED_COMPRESSION_TYPE'],
    ['gzip that is not', good, set(2, 21, 1), 'CORRUPT_MESSAGE'],
    ['snappy that is not', good, set(2, 21, 2), 'CORRUPT_MESSAGE'],
    ['lz4 that is not', good, set(2, 21, 3), 'CORRUPT_MESSAGE'],
    ['zstd that is not', good, set(2, 21, 4), 'CORRUPT_MESSAGE'],
    ['LogAppendTime', good, set(2, 21, 0x08), 'INVALID_TIMESTAMP'],
    ['transactional without a producer', good, set(2, 21, 0x10), 'INVALID_RECORD'],
    ['control', good, set(2, 21, 0x20), 'INVALID_RECORD'],
    ['delete horizon', good, set(2, 21, 0x40), 'INVALID_RECORD'],
    ['last offset delta too small', good, set(4, 23, 1), 'INVALID_RECORD'],
    ['last offset delta too large', good, set(4, 23, 2 ** 31 - 1), 'INVALID_RECORD'],
    ['last offset delta negative', good, set(4, 23, -1), 'INVALID_RECORD'],
    ['base timestamp in the far future', good, set(8, 27, 2 ** 60), 'INVALID_TIMESTAMP'],
    ['base timestamp negative', good, set(8, 27, -2), 'INVALID_TIMESTAMP'],
    ['base timestamp too old', good, set(8, 27, 4_999), 'INVALID_TIMESTAMP'],
    ['base timestamp too new', good, set(8, 27, 20_001), 'INVALID_TIMESTAMP'],
    ['maximum timestamp negative', good, set(8, 35, -(2 ** 62)), 'INVALID_TIMESTAMP'],
    ['producer without a sequence', buildBatch(idempotent), set(4, 53, -1), 'INVALID_RECORD'],
    ['producer without an epoch', buildBatch(idempotent), set(2, 51, -1), 'INVALID_RECORD'],
    ['producer id below -1', good, set(8, 43, -2), 'INVALID_RECORD'],
    ['producer id beyond 2^53', buildBatch(idempotent), set(8, 43, 2 ** 62), 'INVALID_RECORD'],
    ['no records', good, set(4, 57, 0), 'INVALID_RECORD'],
    ['fewer records', good, set(4, 57, 2), 'INVALID_RECORD'],
    ['more records', good, set(4, 57, 4), 'INVALID_RECORD'],
    ['2^31-1 records', good, set(4, 57, 2 ** 31 - 1), 'INVALID_RECORD'],
    ['negative count', good, set(4, 57, -1), 'INVALID_RECORD'],
  ] as const)('%s', (_name, from, change, expected) => {
    expect(answer(forged(from, change))).toBe(expected);
  });

  test('the count and the last offset agree, and both lie', () => {
    for (const count of [1, 2, 4, 2 ** 31 - 1]) {
      const lied = forged(good, (copy) => {
        copy.writeInt32BE(count, 57);
        copy.writeInt32BE(count - 1, 23);
      });
      expect(answer(lied)).toBe('INVALID_RECORD');
    }
  });

  test('the length', () => {
    for (const length of [-12, -1, 0, 48, good.length, 2 ** 31 - 1]) {
      const copy = Buffer.from(good);
      copy.writeInt32BE(length, 8);
      expect(answer(copy)).toBe('CORRUPT_MESSAGE');
      expect(errorName(check(copy).error)).toBe('CORRUPT_MESSAGE');
    }
  });

  test('two batches for one partition, and one that is too large', () => {
    expect(answer(Buffer.concat([good, good]))).toBe('INVALID_RECORD');
    expect(answer(good, good.length)).toBe('NONE');
    expect(answer(good, good.length - 1)).toBe('MESSAGE_TOO_LARGE');
  });

  test('a marker from a client', () => {
    const marker = { producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, committed: true, timestamp: 10_000 };
    expect(answer(buildEndTxnMarker(marker))).toBe('INVALID_RECORD');
  });
});

describe('a record that lies', () => {
  test.each([
    ['a length beyond the batch', withPayload(Buffer.from([0x7e, 0, 0, 0, 1, 1, 0]))],
    ['a length of 2 GiB', withPayload(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0]))],
    ['a negative length', withPayload(Buffer.from([0x01, 0, 0, 0, 1, 1, 0]))],
    ['a length of six groups', withPayload(Buffer.from([0x8c, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 1, 1, 0]))],
    ['a length too small for a record', withPayload(Buffer.from([0x0a, 0, 0, 0, 1, 1]))],
    ['a length that ends with the batch', withPayload(Buffer.from([0x80]))],
    ['nothing at all', withPayload(Buffer.alloc(0))],
    ['a byte too many inside', handmade(0, 0, 0, 1, 1, 0, 0)],
    ['a timestamp delta of eleven groups', handmade(0, ...Array<number>(10).fill(0x80), 0, 0, 1, 1, 0)],
    ['an offset delta of six groups', handmade(0, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 1, 1, 0)],
    ['an offset delta that is not 0', handmade(0, 0, 2, 1, 1, 0)],
    ['a negative offset delta', handmade(0, 0, 1, 1, 1, 0)],
    ['a key of length -2', handmade(0, 0, 0, 3, 1, 0)],
    ['a key that leaves the record', handmade(0, 0, 0, 0x7e, 1, 0)],
    ['a key of 2 GiB', handmade(0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 0x0f, 1, 0)],
    ['a value of length -2', handmade(0, 0, 0, 1, 3, 0)],
    ['a value that leaves the record', handmade(0, 0, 0, 1, 0x7e, 0)],
    ['a negative header count', handmade(0, 0, 0, 1, 1, 1)],
    ['a billion headers', handmade(0, 0, 0, 1, 1, 0x80, 0xa8, 0xd6, 0xb9, 0x07)],
    ['a header without a key', handmade(0, 0, 0, 1, 1, 2, 1, 1)],
    ['a header value of length -2', handmade(0, 0, 0, 1, 1, 2, 0, 3)],
    ['a header that leaves the record', handmade(0, 0, 0, 1, 1, 2, 8, 1)],
    ['fewer headers than declared', handmade(0, 0, 0, 1, 1, 4, 0, 1)],
  ])('%s', (_name, bytes) => {
    expect(answer(bytes)).toBe('INVALID_RECORD');
    expect(check(bytes).recordErrors).toMatchObject([{ batchIndex: 0 }]);
    for (let at = batchHeaderLength; at < bytes.length; at++) {
      const header = must(readBatchHeader(Chunks.of(bytes)));
      const result = validateRecords(cutAt(bytes, at), header, { requireKeys: false, maxBytes: 1 << 20 });
      expect(errorName(result.error)).toBe('INVALID_RECORD');
    }
  });

  test('bytes behind the last record are no record’s fault', () => {
    const result = check(withPayload(Buffer.from([0x0c, 0, 0, 0, 1, 1, 0, 0])));
    expect(result).toMatchObject({ error: ErrorCode.INVALID_RECORD, recordErrors: [] });
  });

  test('a timestamp beyond 2^53', () => {
    const far = handmade(0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 1, 1, 0);
    expect(answer(far)).toBe('INVALID_TIMESTAMP');
  });
});

test('the records at fault are named, and a bad timestamp decides the code', () => {
  const old = { ...record('x'), timestamp: 4_000 };
  const keyless = { ...record('y'), key: null };
  const both = check(buildBatch({ records: [record('a'), keyless, old, keyless] }), true);
  expect(errorName(both.error)).toBe('INVALID_TIMESTAMP');
  expect(both.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 2, 3]);
  const keys = check(buildBatch({ records: [record('a'), keyless] }), true);
  expect(errorName(keys.error)).toBe('INVALID_RECORD');
  expect(keys.recordErrors).toMatchObject([{ batchIndex: 1 }]);
  expect(check(buildBatch({ records: [record('a'), keyless] })).error).toBe(ErrorCode.NONE);
});

test('a record without a timestamp is never outside the window', () => {
  const none = { ...record('a'), timestamp: -1 };
  expect(check(buildBatch({ records: [none, none] }))).toMatchObject({ error: ErrorCode.NONE, maxTimestamp: -1 });
});

test('a batch full of bad records does not become a response full of errors', () => {
  const records = Array.from({ length: 5_000 }, () => ({ ...record('a'), key: null }));
  expect(check(buildBatch({ records }), true).recordErrors.length).toBe(1000);
});

test('mutated batches are judged alike in any pieces, and read or refused, never anything else', () => {
  const random = new SeededRandom(77);
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    const built = buildBatch(randomBatch(random, 6));
    const bytes = forged(built, (copy) => {
      for (let n = random.below(3); n >= 0; n--) copy[21 + random.below(copy.length - 21)] = random.below(256);
    });
    const header = must(readBatchHeader(Chunks.of(bytes)));
    const options = { requireKeys: false, maxBytes: 1 << 20 };
    const result = validateRecords(Chunks.of(bytes), header, options);
    expect(validateRecords(inPieces(bytes, random, 64), header, options)).toEqual(result);
    if (result.error !== ErrorCode.NONE) refused++;
    try {
      const offsets = [...recordsOf(Chunks.of(bytes))].map(({ offset, headers }) => [offset, headers.length]);
      if (result.error === ErrorCode.NONE) expect(offsets.length).toBe(header.recordCount);
    } catch (error) {
      if (result.error === ErrorCode.NONE || !(error instanceof ProtocolError)) throw error;
    }
  }
  expect(refused).toBeGreaterThan(500);
});
