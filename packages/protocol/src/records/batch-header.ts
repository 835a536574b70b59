/**
 * The 61-byte header of a record batch (magic 2), read without touching the records behind it.
 *
 *    0 baseOffset i64          | 21 attributes i16      | 43 producerId i64
 *    8 batchLength i32         | 23 lastOffsetDelta i32 | 51 producerEpoch i16
 *   12 partitionLeaderEpoch i32| 27 baseTimestamp i64   | 53 baseSequence i32
 *   16 magic i8                | 35 maxTimestamp i64    | 57 recordCount i32
 *   17 crc u32 (bytes 21..end) |                        | 61 records
 *
 * Reading checks nothing: a header is what its bytes say, and validate-header.ts judges it. An int64 beyond 2^53 reads
 * as the nearest double, which that check refuses.
 */
import type { Chunks } from '@tidelog/core';
import { codecOf, type Codec } from './codec.ts';

export const batchHeaderLength = 61;
/** baseOffset and batchLength, which batchLength itself does not count. */
export const batchLengthOverhead = 12;
/** Where the bytes begin that the crc covers. */
export const crcStart = 21;

export const attributeBits = {
  codec: 0x07,
  logAppendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
  deleteHorizon: 0x40,
} as const;

export type TimestampType = 'CreateTime' | 'LogAppendTime';

export class BatchHeader {
  readonly baseOffset: number;
  readonly batchLength: number;
  readonly partitionLeaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  /** The time that the records' deltas add to; the delete horizon where `hasDeleteHorizon`. */
  readonly baseTimestamp: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;

  /** Reads the 61 bytes at `at`, which must be there. */
  constructor(bytes: Buffer, at: number) {
    this.baseOffset = int64(bytes, at);
    this.batchLength = int32(bytes, at + 8);
    this.partitionLeaderEpoch = int32(bytes, at + 12);
    this.magic = (byte(bytes, at + 16) << 24) >> 24;
    this.crc = int32(bytes, at + 17) >>> 0;
    this.attributes = int16(bytes, at + 21);
    this.lastOffsetDelta = int32(bytes, at + 23);
    this.baseTimestamp = int64(bytes, at + 27);
    this.maxTimestamp = int64(bytes, at + 35);
    this.producerId = int64(bytes, at + 43);
    this.producerEpoch = int16(bytes, at + 51);
    this.baseSequence = int32(bytes, at + 53);
    this.recordCount = int32(bytes, at + 57);
  }

  /** The whole batch, header included. */
  get sizeInBytes(): number {
    return this.batchLength + batchLengthOverhead;
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta;
  }

  get nextOffset(): number {
    return this.baseOffset + this.lastOffsetDelta + 1;
  }

  /** The sequence of the last record, which wraps from 2^31-1 to 0; -1 without a producer. */
  get lastSequence(): number {
    if (this.producerId < 0 || this.baseSequence < 0) return -1;
    return (this.baseSequence + this.lastOffsetDelta) % 0x8000_0000;
  }

  get codec(): Codec | 'unknown' {
    return codecOf(this.attributes);
  }

  get timestampType(): TimestampType {
    return (this.attributes & attributeBits.logAppendTime) === 0 ? 'CreateTime' : 'LogAppendTime';
  }

  get isTransactional(): boolean {
    return (this.attributes & attributeBits.transactional) !== 0;
  }

  get isControl(): boolean {
    return (this.attributes & attributeBits.control) !== 0;
  }

  get hasDeleteHorizon(): boolean {
    return (this.attributes & attributeBits.deleteHorizon) !== 0;
  }

  get hasProducerId(): boolean {
    return this.producerId >= 0;
  }
}

/** The header at a position, or undefined when fewer than 61 bytes are left. */
export function readBatchHeader(bytes: Chunks, at = 0): BatchHeader | undefined {
  if (at < 0 || at + batchHeaderLength > bytes.byteLength) return undefined;
  let start = at;
  for (const piece of bytes.pieces) {
    if (start < piece.length) {
      if (start + batchHeaderLength <= piece.length) return new BatchHeader(piece, start);
      break;
    }
    start -= piece.length;
  }
  return new BatchHeader(bytes.contiguous(at, batchHeaderLength), 0);
}

function byte(bytes: Buffer, at: number): number {
  return bytes[at] as number;
}

function int16(bytes: Buffer, at: number): number {
  return ((byte(bytes, at) << 24) | (byte(bytes, at + 1) << 16)) >> 16;
}

function int32(bytes: Buffer, at: number): number {
  return (byte(bytes, at) << 24) | (byte(bytes, at + 1) << 16) | (byte(bytes, at + 2) << 8) | byte(bytes, at + 3);
}

function int64(bytes: Buffer, at: number): number {
  return int32(bytes, at) * 0x1_0000_0000 + (int32(bytes, at + 4) >>> 0);
}
