/**
 * Writes numbers, strings and byte sequences. The structure goes into a slab in one run of bytes; records and long byte
 * sequences are not copied but spliced in between runs:
 *
 *   slab  [ used ][ run 1 ][ run 2 ]             result  run 1, records, run 2
 *                          ↑ records go here
 *
 * Every method refuses a value that its type cannot carry with a ProtocolError, so a bad value never becomes bytes that
 * the peer misreads. An int64 of ±(2^53 - 1) is what the reader saturates to and is written as Long.MAX or MIN_VALUE.
 */
import { Chunks, zeroUuid, type Uuid } from '@tidelog/core';
import { ErrorCode, ProtocolError } from '../errors.ts';
import { maxStringBytes } from './reader.ts';

const slabBytes = 32 * 1024;
/** A slab with less than this left is given up. */
const worthwhileBytes = 512;
/** Below this, copying costs less than another piece in a gathering write. */
const spliceBytes = 1024;
const twoTo32 = 0x1_0000_0000;

export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(slabBytes);
  /** Where the current run begins. */
  #start = 0;
  #at = 0;
  #pieces: Buffer[] = [];
  /** The size of a tagged field stands before it, so a run must not end inside one. */
  #openTags = 0;

  /** Makes the writer ready for the next value, whether or not this one was finished. */
  reset(): void {
    this.#pieces = [];
    this.#openTags = 0;
    if (this.#bytes.length !== slabBytes || slabBytes - this.#start < worthwhileBytes) {
      this.#bytes = Buffer.allocUnsafeSlow(slabBytes);
      this.#start = 0;
    }
    this.#at = this.#start;
  }

  finish(): Chunks {
    this.#endRun();
    return Chunks.from(this.#pieces);
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw unfit('an int8', value);
    this.byte(value & 0xff);
  }

  bool(value: boolean): void {
    if (typeof value !== 'boolean') throw unfit('a boolean', value);
    this.byte(value ? 1 : 0);
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw unfit('an int16', value);
    this.two(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw unfit('a uint16', value);
    this.two(value);
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw unfit('an int32', value);
    this.four(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw unfit('a uint32', value);
    this.four(value);
  }

  int64(value: number): void {
    if ((value | 0) === value) {
      this.four(value < 0 ? -1 : 0);
      this.four(value);
      return;
    }
    if (!Number.isSafeInteger(value)) throw unfit('an int64', value);
    if (value === Number.MAX_SAFE_INTEGER) {
      this.four(0x7fff_ffff);
      this.four(-1);
    } else if (value === Number.MIN_SAFE_INTEGER) {
      this.four(-0x8000_0000);
      this.four(0);
    } else {
      this.four(Math.floor(value / twoTo32));
      this.four(value | 0);
    }
  }

  float64(value: number): void {
    if (typeof value !== 'number') throw unfit('a float64', value);
    const at = this.#reserve(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  uuid(value: Uuid): void {
    const at = this.#reserve(16);
    if (value === zeroUuid) {
      this.#bytes.fill(0, at, at + 16);
    } else if (
      typeof value !== 'string' ||
      value.length !== 22 ||
      this.#bytes.write(value, at, 16, 'base64url') !== 16
    ) {
      throw unfit('a uuid', value);
    }
  }

  uvarint(value: number): void {
    if (value < 0x80) {
      this.byte(value);
      return;
    }
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  string(value: string): void {
    if (typeof value !== 'string') throw unfit('a string', value);
    const room = value.length * 3;
    if (room > 3 * maxStringBytes) throw unfit('a string', `${value.length} characters`);
    const at = this.#reserve(2 + room);
    const length = this.#text(value, at + 2);
    if (length > maxStringBytes) throw unfit('a string', `${length} bytes`);
    this.#bytes[at] = length >> 8;
    this.#bytes[at + 1] = length;
    this.#at = at + 2 + length;
  }

  compactString(value: string): void {
    if (typeof value !== 'string') throw unfit('a string', value);
    const room = value.length * 3;
    if (room < 0x7f) {
      const at = this.#reserve(1 + room);
      const length = this.#text(value, at + 1);
      this.#bytes[at] = length + 1;
      this.#at = at + 1 + length;
      return;
    }
    const length = Buffer.byteLength(value);
    if (length > maxStringBytes) throw unfit('a string', `${length} bytes`);
    this.uvarint(length + 1);
    const at = this.#reserve(length);
    this.#bytes.write(value, at, length);
  }

  /** Begins a tagged field; `endTag` takes what this returns and fills in the size. */
  beginTag(tag: number): number {
    this.uvarint(tag);
    this.#openTags++;
    return this.#reserve(1) - this.#start;
  }

  endTag(mark: number): void {
    const at = this.#start + mark;
    const size = this.#at - at - 1;
    this.#openTags--;
    if (size < 0x80) {
      this.#bytes[at] = size;
      return;
    }
    let width = 1;
    for (let rest = size; rest >= 0x80; rest >>>= 7) width++;
    const end = this.#reserve(width - 1);
    const from = this.#start + mark;
    this.#bytes.copyWithin(from + width, from + 1, end);
    this.#at = from;
    this.uvarint(size);
    this.#at = from + width + size;
  }

  protected byte(value: number): void {
    const at = this.#reserve(1);
    this.#bytes[at] = value;
  }

  protected two(value: number): void {
    const at = this.#reserve(2);
    this.#bytes[at] = value >> 8;
    this.#bytes[at + 1] = value;
  }

  protected four(value: number): void {
    const at = this.#reserve(4);
    const bytes = this.#bytes;
    bytes[at] = value >> 24;
    bytes[at + 1] = value >> 16;
    bytes[at + 2] = value >> 8;
    bytes[at + 3] = value;
  }

  /** UTF-8 at a place that has room for it; the number of bytes. */
  #text(value: string, at: number): number {
    const { length } = value;
    const bytes = this.#bytes;
    if (length > 24) return bytes.write(value, at);
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) return bytes.write(value, at);
      bytes[at + i] = code;
    }
    return length;
  }

  /**
   * Where the next `length` bytes go; they are taken. `#bytes` may be another buffer afterwards: read it behind this.
   */
  #reserve(length: number): number {
    if (this.#at + length > this.#bytes.length) this.#grow(length);
    const at = this.#at;
    this.#at = at + length;
    return at;
  }

  #grow(length: number): void {
    const used = this.#at - this.#start;
    const bytes = Buffer.allocUnsafeSlow(2 * slabBytes + 2 * used + length);
    this.#bytes.copy(bytes, 0, this.#start, this.#at);
    this.#bytes = bytes;
    this.#start = 0;
    this.#at = used;
  }

  protected splice(pieces: readonly Buffer[], byteLength: number): void {
    if (byteLength >= spliceBytes && this.#openTags === 0) {
      this.#endRun();
      for (const piece of pieces) this.#pieces.push(piece);
      return;
    }
    for (const piece of pieces) {
      const at = this.#reserve(piece.length);
      this.#bytes.set(piece, at);
    }
  }

  #endRun(): void {
    if (this.#at > this.#start) this.#pieces.push(this.#bytes.subarray(this.#start, this.#at));
    this.#start = this.#at;
  }
}

/** A value that its type cannot carry. */
export function unfit(what: string, value: unknown): ProtocolError {
  const shown = typeof value === 'object' ? Object.prototype.toString.call(value) : JSON.stringify(value);
  return new ProtocolError(ErrorCode.INVALID_REQUEST, `${shown} is not ${what}`);
}
