/**
 * What a broker writes into a batch that somebody else made: the offset and the leader epoch, which lie outside the
 * crc, and the timestamps, which lie inside. Everything happens in place, through the borders of pieces. The header
 * that was read before keeps the old values.
 */
import { assert, crc32cOf, type Chunks } from '@tidelog/core';
import { attributeBits, batchHeaderLength, crcStart, type BatchHeader, type TimestampType } from './batch-header.ts';

export interface BatchAssignment {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
}

export interface BatchTimestamps {
  readonly timestampType: TimestampType;
  /** Milliseconds. With LogAppendTime this is the time of every record. */
  readonly maxTimestamp: number;
}

/** True when the stored crc is that of the bytes; false too when the batch is not all there. */
export function verifyCrc(bytes: Chunks, at: number, header: BatchHeader): boolean {
  const end = at + header.sizeInBytes;
  if (header.sizeInBytes < batchHeaderLength || end > bytes.byteLength) return false;
  return crc32cOf(bytes, at + crcStart, end) === header.crc;
}

/** Gives a batch its place in the log. */
export function patchBatch(bytes: Chunks, at: number, { baseOffset, partitionLeaderEpoch }: BatchAssignment): void {
  assert(Number.isSafeInteger(baseOffset) && baseOffset >= 0, () => `base offset ${baseOffset}`);
  const high = Math.floor(baseOffset / 0x1_0000_0000);
  let start = at;
  for (const piece of bytes.pieces) {
    if (start < piece.length) {
      if (start + 16 > piece.length) break;
      piece.writeInt32BE(high, start);
      piece.writeUInt32BE(baseOffset >>> 0, start + 4);
      piece.writeInt32BE(partitionLeaderEpoch, start + 12);
      return;
    }
    start -= piece.length;
  }
  const scratch = Buffer.alloc(12);
  scratch.writeInt32BE(high, 0);
  scratch.writeUInt32BE(baseOffset >>> 0, 4);
  scratch.writeInt32BE(partitionLeaderEpoch, 8);
  bytes.patch(at, scratch.subarray(0, 8));
  bytes.patch(at + 12, scratch.subarray(8));
}

/** Sets timestamp type and largest timestamp, and the crc that follows from them, which it returns. */
export function patchTimestamps(bytes: Chunks, at: number, header: BatchHeader, timestamps: BatchTimestamps): number {
  const { timestampType, maxTimestamp } = timestamps;
  const others = header.attributes & ~attributeBits.logAppendTime;
  const scratch = Buffer.alloc(8);
  scratch.writeInt16BE(timestampType === 'LogAppendTime' ? others | attributeBits.logAppendTime : others);
  bytes.patch(at + 21, scratch.subarray(0, 2));
  scratch.writeInt32BE(Math.floor(maxTimestamp / 0x1_0000_0000), 0);
  scratch.writeUInt32BE(maxTimestamp >>> 0, 4);
  bytes.patch(at + 35, scratch);
  const crc = crc32cOf(bytes, at + crcStart, at + header.sizeInBytes);
  scratch.writeUInt32BE(crc);
  bytes.patch(at + 17, scratch.subarray(0, 4));
  return crc;
}
