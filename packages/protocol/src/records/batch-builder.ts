/**
 * Builds record batches (magic 2): what producers, coordinators, the quorum and compaction append. Sizes are added up
 * first and everything is written once. Offsets are consecutive from `baseOffset` unless a record names its own, as
 * compaction needs it, which also keeps `lastOffset` where records are gone and may leave a batch without any.
 */
import { assert, crc32c } from '@tidelog/core';
import { attributeBits, batchHeaderLength, batchLengthOverhead, crcStart, type TimestampType } from './batch-header.ts';
import { codecId, type Codec } from './codec.ts';
import { compress } from './compression.ts';
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts';

export interface HeaderInput {
  readonly key: Uint8Array | string;
  readonly value: Uint8Array | null;
}

export interface RecordInput {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly headers?: readonly HeaderInput[] | undefined;
  /** For records that keep the offset they had. */
  readonly offset?: number | undefined;
}

export interface BatchInput {
  readonly baseOffset?: number | undefined;
  readonly partitionLeaderEpoch?: number | undefined;
  readonly records: readonly RecordInput[];
  readonly codec?: Codec | undefined;
  /** The codec's own; see compress(). */
  readonly level?: number | undefined;
  readonly timestampType?: TimestampType | undefined;
  /** The largest timestamp of the records unless given; with LogAppendTime the time of all of them. */
  readonly maxTimestamp?: number | undefined;
  readonly producerId?: number | undefined;
  readonly producerEpoch?: number | undefined;
  readonly baseSequence?: number | undefined;
  readonly isTransactional?: boolean | undefined;
  readonly isControl?: boolean | undefined;
  /** When tombstones and markers of the batch may go (milliseconds since the epoch). */
  readonly deleteHorizon?: number | undefined;
  /** The offset of the last record unless given; a compacted batch keeps the one it had. */
  readonly lastOffset?: number | undefined;
}

export function buildBatch(input: BatchInput): Buffer {
  const { records, codec = 'none', baseOffset = 0 } = input;
  const baseTimestamp = input.deleteHorizon ?? records[0]?.timestamp ?? -1;
  const body = new BodyWriter(records, baseOffset, baseTimestamp);
  const lastOffset = input.lastOffset ?? records.at(-1)?.offset ?? baseOffset + records.length - 1;
  let batch: Buffer;
  if (codec === 'none' || records.length === 0) {
    batch = Buffer.allocUnsafe(batchHeaderLength + body.length);
    body.write(batch, batchHeaderLength);
  } else {
    const plain = Buffer.allocUnsafe(body.length);
    body.write(plain, 0);
    const packed = compress(codec, plain, input.level);
    batch = Buffer.allocUnsafe(batchHeaderLength + packed.length);
    batch.set(packed, batchHeaderLength);
  }
  writeHeader(batch, input, { baseTimestamp, lastOffset, maxTimestamp: input.maxTimestamp ?? maxTimestampOf(records) });
  return batch;
}

/** The bytes that buildBatch makes of these records when they are not compressed. */
export function sizeOfBatch(records: readonly RecordInput[], baseOffset = 0): number {
  return batchHeaderLength + new BodyWriter(records, baseOffset, records[0]?.timestamp ?? -1).length;
}

/** The most that a record can add to a batch: for deciding whether one more fits. */
export function maxSizeOfRecord({ key, value, headers }: Pick<RecordInput, 'key' | 'value' | 'headers'>): number {
  return maxRecordOverhead + (key?.length ?? 0) + (value?.length ?? 0) + sizeOfHeaders(headers);
}

/** Length, attributes, both deltas, the lengths of key and value. */
const maxRecordOverhead = 5 + 1 + 10 + 5 + 5 + 5;
const noHeaders: readonly HeaderInput[] = [];

interface Derived {
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly lastOffset: number;
}

function writeHeader(batch: Buffer, input: BatchInput, { baseTimestamp, maxTimestamp, lastOffset }: Derived): void {
  const { baseOffset = 0 } = input;
  assert(
    lastOffset >= baseOffset && lastOffset - baseOffset <= 0x7fff_ffff,
    () => `offsets ${baseOffset}..${lastOffset}`,
  );
  writeInt64(batch, 0, baseOffset);
  batch.writeInt32BE(batch.length - batchLengthOverhead, 8);
  batch.writeInt32BE(input.partitionLeaderEpoch ?? -1, 12);
  batch[16] = 2;
  batch.writeInt16BE(attributesOf(input), 21);
  batch.writeInt32BE(lastOffset - baseOffset, 23);
  writeInt64(batch, 27, baseTimestamp);
  writeInt64(batch, 35, maxTimestamp);
  writeInt64(batch, 43, input.producerId ?? -1);
  batch.writeInt16BE(input.producerEpoch ?? -1, 51);
  batch.writeInt32BE(input.baseSequence ?? -1, 53);
  batch.writeInt32BE(input.records.length, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(crcStart)), 17);
}

function attributesOf(input: BatchInput): number {
  let attributes = input.records.length === 0 ? 0 : codecId(input.codec ?? 'none');
  if (input.timestampType === 'LogAppendTime') attributes |= attributeBits.logAppendTime;
  if (input.isTransactional === true) attributes |= attributeBits.transactional;
  if (input.isControl === true) attributes |= attributeBits.control;
  if (input.deleteHorizon !== undefined) attributes |= attributeBits.deleteHorizon;
  return attributes;
}

function maxTimestampOf(records: readonly RecordInput[]): number {
  let max = -1;
  for (const { timestamp } of records) if (timestamp > max) max = timestamp;
  return max;
}

function writeInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

/** The records of a batch on their way to bytes: sized when made, then written. */
class BodyWriter {
  readonly length: number;
  readonly #records: readonly RecordInput[];
  readonly #baseOffset: number;
  readonly #baseTimestamp: number;
  readonly #sizes: Uint32Array;

  constructor(records: readonly RecordInput[], baseOffset: number, baseTimestamp: number) {
    this.#records = records;
    this.#baseOffset = baseOffset;
    this.#baseTimestamp = baseTimestamp;
    this.#sizes = new Uint32Array(records.length);
    let length = 0;
    for (let i = 0; i < records.length; i++) {
      const size = this.#sizeOf(records[i] as RecordInput, i);
      this.#sizes[i] = size;
      length += size + sizeOfVarint(size);
    }
    this.length = length;
  }

  write(out: Buffer, start: number): void {
    let at = start;
    for (let i = 0; i < this.#records.length; i++) {
      const record = this.#records[i] as RecordInput;
      at = writeVarint(out, at, this.#sizes[i] as number);
      out[at++] = 0;
      at = writeVarlong(out, at, record.timestamp - this.#baseTimestamp);
      at = writeVarint(out, at, this.#offsetDelta(record, i));
      at = writeNullable(out, at, record.key);
      at = writeNullable(out, at, record.value);
      at = writeHeaders(out, at, record.headers ?? noHeaders);
    }
    assert(at === start + this.length, 'the records are not as long as they were measured');
  }

  #sizeOf(record: RecordInput, index: number): number {
    const times =
      sizeOfVarlong(record.timestamp - this.#baseTimestamp) + sizeOfVarint(this.#offsetDelta(record, index));
    return 1 + times + sizeOfNullable(record.key) + sizeOfNullable(record.value) + sizeOfHeaders(record.headers);
  }

  #offsetDelta(record: RecordInput, index: number): number {
    return record.offset === undefined ? index : record.offset - this.#baseOffset;
  }
}

function sizeOfNullable(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : sizeOfVarint(bytes.length) + bytes.length;
}

function sizeOfHeaders(headers: readonly HeaderInput[] = noHeaders): number {
  let size = sizeOfVarint(headers.length);
  for (const { key, value } of headers) {
    const keyLength = typeof key === 'string' ? Buffer.byteLength(key) : key.length;
    size += sizeOfVarint(keyLength) + keyLength + sizeOfNullable(value);
  }
  return size;
}

function writeNullable(out: Buffer, start: number, bytes: Uint8Array | null): number {
  if (bytes === null) {
    out[start] = 1;
    return start + 1;
  }
  const at = writeVarint(out, start, bytes.length);
  out.set(bytes, at);
  return at + bytes.length;
}

function writeHeaders(out: Buffer, start: number, headers: readonly HeaderInput[]): number {
  let at = writeVarint(out, start, headers.length);
  for (const { key, value } of headers) {
    at = writeNullable(out, at, typeof key === 'string' ? Buffer.from(key) : key);
    at = writeNullable(out, at, value);
  }
  return at;
}
