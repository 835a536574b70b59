import { crc32c as native } from '@node-rs/crc32';
import type { Chunks } from './chunks.ts';

/** CRC-32C (Castagnoli) of the bytes, continuing from `seed`, the value of the bytes before. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return native(bytes, seed);
}

/** CRC-32C over a list of pieces from a position on, without joining them. */
export function crc32cOf(chunks: Chunks, from = 0, to: number = chunks.byteLength): number {
  let crc = 0;
  let at = 0;
  for (const piece of chunks.pieces) {
    const start = Math.max(from - at, 0);
    const end = Math.min(to - at, piece.length);
    if (start < end) crc = native(start === 0 && end === piece.length ? piece : piece.subarray(start, end), crc);
    at += piece.length;
    if (at >= to) break;
  }
  return crc;
}
