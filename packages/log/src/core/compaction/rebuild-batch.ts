/**
 * The bytes of a batch of which not everything stays. The header is the old one, with the count, the length, the
 * largest timestamp and the crc that follow; offsets, sequence, producer, epoch and codec never change. Records are
 * copied as bytes unless the batch gets a delete horizon: that takes the place of the base timestamp, which their
 * timestamps count from.
 */
import { crc32c } from '@tidelog/core';
import {
  batchHeaderLength,
  readVarlong,
  sizeOfVarlong,
  writeVarint,
  writeVarlong,
  type BatchHeader,
} from '@tidelog/protocol';

/** What the length of a batch does not count. */
const lengthOverhead = 12;
const codecBits = 0x07;
const horizonBit = 0x40;

export interface KeptRecords {
  /** The decompressed records of the old batch. */
  readonly payload: Buffer;
  /** from, to, from, to, ... */
  readonly ranges: readonly number[];
}

/** The kept records one after the other, with their timestamps relative to a new base where one is given. */
export function keptPayload({ payload, ranges }: KeptRecords, rebase?: { from: number; to: number }): Buffer {
  if (rebase !== undefined) return rebased({ payload, ranges }, rebase.to - rebase.from);
  if (ranges.length === 2) return payload.subarray(ranges[0], ranges[1]);
  let length = 0;
  for (let i = 0; i < ranges.length; i += 2) length += (ranges[i + 1] as number) - (ranges[i] as number);
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    at += payload.copy(out, at, ranges[i], ranges[i + 1]);
  }
  return out;
}

export interface Rebuilt {
  /** The 61 bytes of the old batch. */
  readonly head: Buffer;
  readonly header: BatchHeader;
  /** The records as they go into the batch, compressed where the old batch was. */
  readonly records: Buffer;
  readonly recordCount: number;
  /** Of the records; the old batch's where none is left. */
  readonly maxTimestamp: number;
  /** The delete horizon that the batch gets. */
  readonly horizon: number | undefined;
}

export function rebuildBatch({ head, header, records, recordCount, maxTimestamp, horizon }: Rebuilt): Buffer {
  const batch = Buffer.allocUnsafe(batchHeaderLength + records.length);
  head.copy(batch, 0, 0, batchHeaderLength);
  records.copy(batch, batchHeaderLength);
  batch.writeInt32BE(batch.length - lengthOverhead, 8);
  batch.writeInt32BE(recordCount, 57);
  let { attributes } = header;
  if (recordCount === 0) attributes &= ~(codecBits | horizonBit);
  else if (horizon !== undefined) attributes |= horizonBit;
  batch.writeInt16BE(attributes, 21);
  if (recordCount === 0) writeInt64(batch, 27, -1);
  else if (horizon !== undefined) writeInt64(batch, 27, horizon);
  if (header.timestampType === 'CreateTime') writeInt64(batch, 35, maxTimestamp);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
}

/**
 * The records with `shift` taken off their timestamp deltas.
 *
 *   record   length varint | attributes i8 | timestampDelta varlong | the rest, which stays as it is
 */
function rebased({ payload, ranges }: KeptRecords, shift: number): Buffer {
  const end = (ranges.at(-1) ?? 0) - (ranges[0] ?? 0);
  // A delta may grow to ten bytes and the length by one; a record has seven bytes at least.
  const out = Buffer.allocUnsafe(end * 3);
  const cursor = { at: 0 };
  let to = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    const last = ranges[i + 1] as number;
    for (let start = ranges[i] as number; start < last;) {
      const length = readVarlong(payload, reset(cursor, start), last);
      const attributesAt = cursor.at;
      const next = attributesAt + length;
      const delta = readVarlong(payload, reset(cursor, attributesAt + 1), next) - shift;
      to = writeVarint(out, to, 1 + sizeOfVarlong(delta) + next - cursor.at);
      out[to++] = payload[attributesAt] as number;
      to = writeVarlong(out, to, delta);
      to += payload.copy(out, to, cursor.at, next);
      start = next;
    }
  }
  return out.subarray(0, to);
}

function reset(cursor: { at: number }, at: number): { at: number } {
  cursor.at = at;
  return cursor;
}

function writeInt64(bytes: Buffer, at: number, value: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}
