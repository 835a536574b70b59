/**
 * Reads numbers and byte sequences from a list of buffers. A value inside one piece is read in place; one that crosses
 * a border is gathered first, which is rare and slow.
 *
 *   pieces   [ header, topics ... | ... more records ]      `bytes` is the piece being read, `at` the place in it
 *
 * An int64 is a number. Beyond 2^53 - 1 it saturates there instead of failing, because clients do send such values and
 * mean "no limit" or "the end of time": Long.MAX_VALUE as a timestamp, a lifetime or a high watermark, nanoseconds
 * where milliseconds were expected. No offset, epoch or producer id gets that far. The writer turns the two saturated
 * values back into Long.MAX_VALUE and Long.MIN_VALUE.
 */
import { Chunks, uuidFromBytes, zeroUuid, type Uuid } from '@tidelog/core';
import { ErrorCode, ProtocolError } from '../errors.ts';

const twoTo32 = 0x1_0000_0000;

export class ByteReader {
  #bytes: Buffer;
  #at: number;
  /** Where reading stops in the current piece. */
  #end: number;
  /** Where the current piece begins among all bytes. */
  #base = 0;
  #piece = 0;
  readonly #pieces: readonly Buffer[];
  /** Where reading stops among all bytes. */
  readonly #limit: number;

  constructor(chunks: Chunks, offset: number, maxBytes: number) {
    const { byteLength, pieces } = chunks;
    if (offset < 0 || offset > byteLength) throw malformed(`no byte ${offset} in ${byteLength}`);
    this.#pieces = pieces;
    this.#limit = Math.min(byteLength, offset + maxBytes);
    this.#bytes = pieces[0] ?? Buffer.alloc(0);
    this.#at = offset;
    this.#end = Math.min(this.#bytes.length, this.#limit);
    while (this.#at >= this.#end && this.#nextPiece());
  }

  /** Where the next byte is, from the beginning of all bytes. */
  get position(): number {
    return this.#base + this.#at;
  }

  get remaining(): number {
    return this.#limit - this.#base - this.#at;
  }

  int8(): number {
    return (this.uint8() << 24) >> 24;
  }

  bool(): boolean {
    return this.uint8() !== 0;
  }

  uint8(): number {
    const at = this.#at;
    if (at >= this.#end) return this.#gather(1)[0] as number;
    this.#at = at + 1;
    return this.#bytes[at] as number;
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  uint16(): number {
    const at = this.#at;
    if (at + 2 > this.#end) return this.#gather(2).readUInt16BE(0);
    this.#at = at + 2;
    const bytes = this.#bytes;
    return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  }

  int32(): number {
    const at = this.#at;
    if (at + 4 > this.#end) return this.#gather(4).readInt32BE(0);
    this.#at = at + 4;
    return int32At(this.#bytes, at);
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  int64(): number {
    const at = this.#at;
    if (at + 8 > this.#end) return int64At(this.#gather(8), 0);
    this.#at = at + 8;
    return int64At(this.#bytes, at);
  }

  float64(): number {
    return this.take(8).readDoubleBE(0);
  }

  uuid(): Uuid {
    const at = this.#at;
    if (at + 16 > this.#end) return uuidFromBytes(this.#gather(16));
    this.#at = at + 16;
    const bytes = this.#bytes;
    for (let i = at; i < at + 16; i++) if (bytes[i] !== 0) return uuidFromBytes(bytes, at);
    return zeroUuid;
  }

  /** At most five bytes, at most 32 bits. */
  uvarint(): number {
    let byte = this.uint8();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      byte = this.uint8();
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed(`a varint of more than 32 bits before byte ${this.position}`);
  }

  int32s(count: number): number[] {
    const out: number[] = [];
    const at = this.#at;
    if (at + 4 * count > this.#end) {
      for (let i = 0; i < count; i++) out.push(this.int32());
      return out;
    }
    this.#at = at + 4 * count;
    const bytes = this.#bytes;
    for (let i = 0; i < count; i++) out.push(int32At(bytes, at + 4 * i));
    return out;
  }

  /** The next bytes as one buffer, sharing memory unless they cross a border. */
  take(length: number): Buffer {
    const at = this.#at;
    if (at + length > this.#end) return this.#gather(length);
    this.#at = at + length;
    return this.#bytes.subarray(at, at + length);
  }

  /** UTF-8; a malformed sequence reads as U+FFFD, as it does in Kafka. */
  protected text(length: number): string {
    const at = this.#at;
    if (at + length > this.#end) return this.#gather(length).toString();
    this.#at = at + length;
    return length <= 12 ? shortText(this.#bytes, at, at + length) : this.#bytes.toString('utf8', at, at + length);
  }

  /** The next bytes in the pieces they are in, sharing memory. */
  protected chunks(length: number): Chunks {
    if (length > this.remaining) throw this.tooShort(length);
    if (length === 0) return Chunks.empty;
    const pieces: Buffer[] = [];
    for (let left = length; left > 0;) {
      while (this.#at >= this.#end && this.#nextPiece());
      const n = Math.min(left, this.#end - this.#at);
      pieces.push(this.#bytes.subarray(this.#at, this.#at + n));
      this.#at += n;
      left -= n;
    }
    return Chunks.from(pieces);
  }

  /** Bytes that lie in more than one piece, copied together. */
  #gather(length: number): Buffer {
    if (length > this.remaining) throw this.tooShort(length);
    const out = Buffer.allocUnsafe(length);
    for (let done = 0; done < length;) {
      while (this.#at >= this.#end && this.#nextPiece());
      const n = Math.min(length - done, this.#end - this.#at);
      this.#bytes.copy(out, done, this.#at, this.#at + n);
      this.#at += n;
      done += n;
    }
    return out;
  }

  protected skip(length: number): void {
    if (length < 0 || length > this.remaining) throw this.tooShort(length);
    this.#at += length;
    while (this.#at >= this.#end && this.#nextPiece());
  }

  /** Moves on to the next piece; false at the last one. Keeps the absolute position. */
  #nextPiece(): boolean {
    const next = this.#pieces[this.#piece + 1];
    if (next === undefined || this.position >= this.#limit) return false;
    this.#at -= this.#bytes.length;
    this.#base += this.#bytes.length;
    this.#piece++;
    this.#bytes = next;
    this.#end = Math.min(next.length, this.#limit - this.#base);
    return true;
  }

  protected tooShort(wanted: number): ProtocolError {
    return malformed(`${wanted} bytes wanted at ${this.position} and ${this.remaining} left`);
  }
}

function int32At(bytes: Buffer, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

function int64At(bytes: Buffer, at: number): number {
  const high = int32At(bytes, at);
  const value = high * twoTo32 + (int32At(bytes, at + 4) >>> 0);
  if (high > 0x1f_ffff) return Number.MAX_SAFE_INTEGER;
  return value < Number.MIN_SAFE_INTEGER ? Number.MIN_SAFE_INTEGER : value;
}

/** A call into the runtime costs more than twelve characters do. */
function shortText(bytes: Buffer, from: number, to: number): string {
  let text = '';
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte >= 0x80) return bytes.toString('utf8', from, to);
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Bytes that are no message. */
export function malformed(detail: string): ProtocolError {
  return new ProtocolError(ErrorCode.INVALID_REQUEST, detail);
}
