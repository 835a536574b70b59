/**
 * What a record batch costs: reading its header, checking its crc, validating, iterating, building and compressing it.
 * One JSON line per measurement, the best of five rounds.
 *
 *   node --conditions=source bench/src/programs/records.ts [part of a name]
 */
import { Chunks, must } from '@tidelog/core';
import {
  buildBatch,
  compress,
  decompress,
  patchBatch,
  readBatchHeader,
  recordCursor,
  recordsOf,
  validateRecords,
  verifyCrc,
  type BatchHeader,
  type Codec,
  type RecordInput,
} from '@tidelog/protocol';

interface Workload {
  readonly name: string;
  /** What one run works on: records, headers or bytes. */
  readonly unit: string;
  readonly items: number;
  readonly run: () => unknown;
}

const recordCount = 5000;
const rounds = 5;
const roundMs = 300;

function recordsFor(valueLength: number, withKey: boolean): RecordInput[] {
  return Array.from({ length: recordCount }, (_, i) => ({
    key: withKey ? Buffer.from(`key-${i % 100}`) : null,
    value: Buffer.from(`{"sequence":${i},"text":"`.padEnd(valueLength, 'the quick brown fox ')).subarray(
      0,
      valueLength,
    ),
    timestamp: 1_700_000_000_000 + (i >> 3),
  }));
}

function inPieces(batch: Buffer, size: number): Chunks {
  const pieces: Buffer[] = [];
  for (let at = 0; at < batch.length; at += size) pieces.push(batch.subarray(at, at + size));
  return Chunks.from(pieces);
}

function headerOf(batch: Chunks): BatchHeader {
  return must(readBatchHeader(batch));
}

function validation(name: string, batch: Chunks): Workload {
  const options = { requireKeys: false, timestampWindow: { earliest: 0, latest: 2e12 }, maxBytes: 1 << 26 };
  const header = headerOf(batch);
  return { name, unit: 'records', items: header.recordCount, run: () => validateRecords(batch, header, options) };
}

function workloads(): Workload[] {
  const records = recordsFor(100, false);
  const plain = buildBatch({ records });
  const whole = Chunks.of(plain);
  const pieces = inPieces(plain, 65_536);
  const many = Chunks.of(...Array.from({ length: 16 }, () => buildBatch({ records: records.slice(0, 1) })));
  const headers = buildBatch({ records: records.map((r) => ({ ...r, headers: [{ key: 'trace', value: null }] })) });
  const header = headerOf(whole);
  const small = must(many.pieces[0]).length;
  return [
    validation('validate 100 B', whole),
    validation('validate 100 B in pieces of 64 KiB', pieces),
    validation('validate 10 B', Chunks.of(buildBatch({ records: recordsFor(10, false) }))),
    validation('validate 1 KiB with key', Chunks.of(buildBatch({ records: recordsFor(1024, true) }))),
    validation('validate 100 B with a header each', Chunks.of(headers)),
    ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).map((codec) =>
      validation(`validate 100 B ${codec}`, Chunks.of(buildBatch({ records, codec }))),
    ),
    { name: 'crc', unit: 'bytes', items: plain.length, run: () => verifyCrc(whole, 0, header) },
    { name: 'crc in pieces', unit: 'bytes', items: plain.length, run: () => verifyCrc(pieces, 0, header) },
    { name: 'read header', unit: 'headers', items: 1000, run: () => repeat(1000, () => headerOf(whole)) },
    {
      name: 'read header in the last of 16 pieces',
      unit: 'headers',
      items: 1000,
      run: () => repeat(1000, () => must(readBatchHeader(many, 15 * small))),
    },
    {
      name: 'patch header',
      unit: 'headers',
      items: 1000,
      run: () => repeat(1000, (i) => patchBatch(pieces, 0, { baseOffset: i, partitionLeaderEpoch: 3 })),
    },
    { name: 'cursor 100 B', unit: 'records', items: recordCount, run: () => sumOffsets(whole) },
    { name: 'records 100 B, value read', unit: 'records', items: recordCount, run: () => sumValues(whole) },
    { name: 'build 100 B', unit: 'records', items: recordCount, run: () => buildBatch({ records }) },
    ...(['gzip', 'snappy', 'lz4', 'zstd'] as const).flatMap((codec) => compression(codec, plain)),
  ];
}

function compression(codec: Codec, plain: Buffer): Workload[] {
  const packed = compress(codec, plain);
  return [
    { name: `compress ${codec}`, unit: 'bytes', items: plain.length, run: () => compress(codec, plain) },
    { name: `decompress ${codec}`, unit: 'bytes', items: plain.length, run: () => decompress(codec, packed, 1 << 26) },
  ];
}

function sumOffsets(batch: Chunks): number {
  const cursor = recordCursor(batch);
  let sum = 0;
  while (cursor.next()) sum += cursor.offset;
  return sum;
}

function sumValues(batch: Chunks): number {
  let sum = 0;
  for (const record of recordsOf(batch)) sum += record.value?.length ?? 0;
  return sum;
}

function repeat(times: number, run: (i: number) => unknown): void {
  for (let i = 0; i < times; i++) run(i);
}

/** Nanoseconds per item, the best of five rounds. */
function measure({ items, run }: Workload): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    const end = start + BigInt(roundMs * 1_000_000);
    let runs = 0;
    let now = start;
    for (; now < end; now = process.hrtime.bigint(), runs++) run();
    best = Math.min(best, Number(now - start) / runs / items);
  }
  return best;
}

const wanted = process.argv[2] ?? '';
for (const workload of workloads().filter(({ name }) => name.includes(wanted))) {
  const nanoseconds = measure(workload);
  const figures = { nanoseconds: Number(nanoseconds.toPrecision(4)), perSecond: Math.round(1e9 / nanoseconds) };
  console.log(JSON.stringify({ bench: 'records', name: workload.name, unit: workload.unit, ...figures }));
}
