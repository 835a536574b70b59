import { readFileSync } from 'node:fs';
import { Chunks, must } from '@tidelog/core';
import { describe, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { readBatchHeader } from './batch-header.ts';
import { buildBatch, type RecordInput } from './batch-builder.ts';
import { controlRecord, readControlMessage } from './control-messages.ts';
import { buildControlBatch, buildEndTxnMarker, readControlRecord, readEndTxnMarker } from './control-records.ts';
import { verifyCrc } from './patch-batch.ts';
import { recordsOf } from './records-of.ts';
import { validateClientFrame, validateClientHeader } from './validate-header.ts';
import { validateRecords } from './validate-records.ts';

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

function golden(name: string, client = 'java'): Buffer {
  return readFileSync(new URL(`testdata/${client}-${name}.bin`, import.meta.url));
}

/** The hundred records in each of the codecs' files. */
function hundred(): RecordInput[] {
  const key = (text: string): Buffer => Buffer.from(text);
  const records: RecordInput[] = [
    { timestamp: 1700000000000, key: key('k0'), value: key('v0') },
    { timestamp: 1700000000005, key: null, value: key('no key') },
    { timestamp: 1699999999000, key: key('tombstone'), value: null },
    {
      timestamp: 1700000100000,
      key: key('h'),
      value: key('with headers'),
      headers: [
        { key: 'a', value: key('1') },
        { key: 'empty', value: Buffer.alloc(0) },
        { key: 'null', value: null },
      ],
    },
  ];
  for (let i = 4; i < 100; i++) {
    const value = key(`a value that repeats, number ${i}`);
    records.push({ timestamp: 1700000000000 + i, key: key(`k${i}`), value });
  }
  return records;
}

function values(bytes: Buffer): unknown[] {
  return [...recordsOf(Chunks.of(bytes))].map(({ offset, timestamp, key, value, headers }) => ({
    offset,
    timestamp,
    key,
    value,
    headers,
  }));
}

describe.each(codecs)('%s batch of the Java client', (codec) => {
  const bytes = golden(codec);
  const chunks = Chunks.of(bytes);
  const header = must(readBatchHeader(chunks));

  test('has the header that was asked for', () => {
    expect(header).toMatchObject({
      baseOffset: 4294967300,
      partitionLeaderEpoch: 9,
      magic: 2,
      lastOffsetDelta: 99,
      baseTimestamp: 1700000000000,
      maxTimestamp: 1700000100000,
      producerId: 123456789012,
      producerEpoch: 7,
      baseSequence: 42,
      recordCount: 100,
    });
    expect(header.sizeInBytes).toBe(bytes.length);
    expect(header.codec).toBe(codec);
    expect([header.isTransactional, header.isControl, header.timestampType]).toEqual([true, false, 'CreateTime']);
    expect(verifyCrc(chunks, 0, header)).toBe(true);
  });

  test('holds the records that were put in', () => {
    const expected = hundred().map(({ timestamp, key, value, headers = [] }, i) => ({
      offset: 4294967300 + i,
      timestamp,
      key,
      value,
      headers: headers.map((entry) => ({ key: Buffer.from(entry.key), value: entry.value })),
    }));
    expect(values(bytes)).toEqual(expected);
  });

  test('is valid, and says its largest timestamp', () => {
    const result = validateRecords(chunks, header, { requireKeys: false, maxBytes: 1 << 20 });
    expect(result).toEqual({ error: ErrorCode.NONE, detail: '', recordErrors: [], maxTimestamp: 1700000100000 });
  });
});

test('an uncompressed batch is built byte by byte as the Java client builds it', () => {
  const built = buildBatch({
    baseOffset: 4294967300,
    partitionLeaderEpoch: 9,
    records: hundred(),
    producerId: 123456789012,
    producerEpoch: 7,
    baseSequence: 42,
    isTransactional: true,
  });
  expect(built.equals(golden('none'))).toBe(true);
});

test.each(codecs.slice(1))('a %s batch of several blocks is read whole', (codec) => {
  const records = values(golden(`large-${codec}`)) as { offset: number; value: Buffer }[];
  expect(records.length).toBe(300);
  for (const { offset, value } of records) expect(value.equals(Buffer.alloc(1000, 97 + (offset % 26)))).toBe(true);
});

test.each(codecs.slice(1))('a %s batch of librdkafka is valid and read', (codec) => {
  const bytes = Chunks.of(golden(codec, 'librdkafka'));
  const header = must(readBatchHeader(bytes));
  expect([header.codec, verifyCrc(bytes, 0, header)]).toEqual([codec, true]);
  expect(validateRecords(bytes, header, { requireKeys: true, maxBytes: 1 << 20 }).detail).toBe('');
  const records = [...recordsOf(bytes)];
  expect(records.map(({ key }) => String(key))).toEqual(records.map((_, i) => `k${i}`));
  expect(records.length).toBe(200);
  const line = `7 the tide comes in, and number ${(7 * 7919) % 1009} goes out again ${(7 * 104_729) % 99_991}`;
  expect(String(must(records[7]).value)).toBe(line);
  expect(must(records[7]).headers).toEqual([{ key: Buffer.from('a'), value: Buffer.from('1') }]);
});

test.each(['none', 'gzip'])('a %s batch of kafkajs is valid and read', (codec) => {
  const bytes = Chunks.of(golden(codec, 'kafkajs'));
  const header = must(readBatchHeader(bytes));
  expect([header.producerId, header.producerEpoch, header.baseSequence, header.lastSequence]).toEqual([-1, 0, 0, -1]);
  expect(validateRecords(bytes, header, { requireKeys: true, maxBytes: 1 << 20 }).detail).toBe('');
  expect([...recordsOf(bytes)].map(({ value }) => String(value))).toEqual(
    Array.from({ length: 50 }, (_, i) => `the tide ${i}`),
  );
});

test.each(['kafkajs-none', 'kafkajs-gzip', 'librdkafka-snappy', 'java-large-lz4', 'java-large-zstd'])(
  'the header that a client sends is accepted: %s',
  (name) => {
    const [client, ...rest] = name.split('-');
    const bytes = golden(rest.join('-'), must(client));
    const header = must(readBatchHeader(Chunks.of(bytes)));
    expect(validateClientFrame(header, { available: bytes.length, maxMessageBytes: 1 << 20 })).toBeUndefined();
    expect(validateClientHeader(header)).toBeUndefined();
  },
);

test('with LogAppendTime the header has the time of every record', () => {
  const bytes = golden('log-append-time');
  expect(must(readBatchHeader(Chunks.of(bytes))).timestampType).toBe('LogAppendTime');
  expect(values(bytes)).toMatchObject([
    { offset: 5, timestamp: 1700000009999 },
    { offset: 6, timestamp: 1700000009999 },
  ]);
});

test('transaction markers are the Java client’s, byte by byte', () => {
  const common = { partitionLeaderEpoch: 3, producerId: 4000, producerEpoch: 5 };
  const commit = { ...common, baseOffset: 17, timestamp: 1700000000000, coordinatorEpoch: 11, committed: true };
  const abort = { ...common, baseOffset: 18, timestamp: 1700000000001, coordinatorEpoch: 12, committed: false };
  expect(buildEndTxnMarker(commit).toString('hex')).toBe(golden('commit-marker').toString('hex'));
  expect(buildEndTxnMarker(abort).toString('hex')).toBe(golden('abort-marker').toString('hex'));
  const [record] = [...recordsOf(Chunks.of(golden('abort-marker')))];
  expect(readControlRecord(must(record).key)).toEqual({ version: 0, type: 0, name: 'ABORT' });
  expect(readEndTxnMarker(must(record).value)).toEqual({ version: 0, coordinatorEpoch: 12 });
});

test.each([
  ['leader-change', 'LEADER_CHANGE', 100, 2],
  ['kraft-version', 'KRAFT_VERSION', 101, 3],
  ['voters', 'KRAFT_VOTERS', 102, 4],
  ['snapshot-header', 'SNAPSHOT_HEADER', 0, 5],
  ['snapshot-footer', 'SNAPSHOT_FOOTER', 9, 5],
] as const)('%s is the Java client’s, byte by byte', (file, type, baseOffset, milli) => {
  const bytes = golden(file);
  const [record] = [...recordsOf(Chunks.of(bytes))];
  const { key, value } = must(record);
  expect(must(readControlRecord(key)).name).toBe(type);
  const timestamp = 1700000000000 + milli;
  expect(controlRecord(type, readControlMessage(type, value))).toEqual({ type, value });
  const records = [{ type, value: must(value) }];
  const built = buildControlBatch({ baseOffset, partitionLeaderEpoch: 6, timestamp, records });
  expect(built.toString('hex')).toBe(bytes.toString('hex'));
});

test('the messages of the quorum say what the Java client wrote', () => {
  const messageOf = (file: string): Buffer | null => must([...recordsOf(Chunks.of(golden(file)))][0]).value;
  expect(readControlMessage('LEADER_CHANGE', messageOf('leader-change'))).toMatchObject({
    leaderId: 2,
    voters: [{ voterId: 1 }, { voterId: 2 }],
    grantingVoters: [{ voterId: 2 }],
  });
  expect(readControlMessage('KRAFT_VERSION', messageOf('kraft-version'))).toEqual({ version: 0, kRaftVersion: 1 });
  expect(readControlMessage('KRAFT_VOTERS', messageOf('voters'))).toMatchObject({
    voters: [{ voterId: 1, endpoints: [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }] }],
  });
});
