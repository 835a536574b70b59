/**
 * Bytes as a list of pieces, in the pieces they came off the socket or the disk. Never concatenated on the hot path:
 * a slice shares memory, a gathering write takes the list, CRC-32C runs over the list.
 *
 *   pieces  [ 64 KiB ][ 64 KiB ][ 12 KiB ]      byteLength = 140 KiB
 *   slice        └──────────────┘
 */
import { assert } from './assert.ts';

export class Chunks {
  static readonly empty: Chunks = new Chunks([], 0);

  readonly pieces: readonly Buffer[];
  readonly byteLength: number;

  private constructor(pieces: readonly Buffer[], byteLength: number) {
    this.pieces = pieces;
    this.byteLength = byteLength;
  }

  static of(...pieces: Buffer[]): Chunks {
    return Chunks.from(pieces);
  }

  static from(pieces: readonly Buffer[]): Chunks {
    if (pieces.length === 1) return new Chunks(pieces, (pieces[0] as Buffer).length);
    let byteLength = 0;
    for (const piece of pieces) byteLength += piece.length;
    return new Chunks(pieces, byteLength);
  }

  static join(parts: readonly Chunks[]): Chunks {
    if (parts.length === 1) return parts[0] as Chunks;
    return Chunks.from(parts.flatMap((part) => part.pieces));
  }

  /** The bytes in [start, end), sharing memory. */
  slice(start: number, end: number = this.byteLength): Chunks {
    assert(start >= 0 && start <= end && end <= this.byteLength, () => `slice ${start}..${end} of ${this.byteLength}`);
    if (start === 0 && end === this.byteLength) return this;
    if (start === end) return Chunks.empty;
    const out: Buffer[] = [];
    let at = 0;
    for (const piece of this.pieces) {
      const from = Math.max(start - at, 0);
      const to = Math.min(end - at, piece.length);
      if (from < to) out.push(from === 0 && to === piece.length ? piece : piece.subarray(from, to));
      at += piece.length;
      if (at >= end) break;
    }
    return new Chunks(out, end - start);
  }

  /** One contiguous buffer: the piece itself where there is just one, a copy otherwise. */
  toBuffer(): Buffer {
    if (this.pieces.length === 1) return this.pieces[0] as Buffer;
    return Buffer.concat(this.pieces, this.byteLength);
  }

  /** The bytes in [start, start + length) as one buffer: shared memory unless they cross a piece's end. */
  contiguous(start: number, length: number): Buffer {
    let at = start;
    for (const piece of this.pieces) {
      if (at < piece.length) {
        if (at + length <= piece.length) return piece.subarray(at, at + length);
        return this.slice(start, start + length).toBuffer();
      }
      at -= piece.length;
    }
    assert(length === 0, () => `${length} bytes at ${start} of ${this.byteLength}`);
    return Buffer.alloc(0);
  }

  /** Writes bytes over the ones at a position, through piece borders. */
  patch(start: number, bytes: Uint8Array): void {
    let at = start;
    let done = 0;
    for (const piece of this.pieces) {
      if (done === bytes.length) return;
      if (at < piece.length) {
        const n = Math.min(piece.length - at, bytes.length - done);
        piece.set(bytes.subarray(done, done + n), at);
        done += n;
        at = 0;
      } else {
        at -= piece.length;
      }
    }
    assert(done === bytes.length, () => `patch of ${bytes.length} bytes at ${start} of ${this.byteLength}`);
  }
}
