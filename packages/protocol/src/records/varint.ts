/**
 * The integers inside records: base 128, least significant group first, zig-zag for the sign. A varint has at most
 * five bytes and a varlong ten; anything longer, or beyond the width, is malformed.
 *
 * Readers return the value and leave the position behind it in a small cursor, because a pair per call would be an
 * allocation per field. A varlong beyond 2^53 reads as NaN: no timestamp is that far away.
 */
export interface VarintCursor {
  at: number;
}

/** What a reader returns for an integer that is too long or cut off. No varint has this value. */
export const malformedVarint: number = Number.MIN_SAFE_INTEGER;

/** Reads an int32; `malformedVarint` when it does not end within five bytes or before `end`. */
export function readVarint(bytes: Uint8Array, cursor: VarintCursor, end: number): number {
  let at = cursor.at;
  let raw = at < end ? (bytes[at] as number) : 0x80;
  if (raw < 0x80) {
    cursor.at = at + 1;
    return (raw >>> 1) ^ -(raw & 1);
  }
  raw = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    if (at >= end) return malformedVarint;
    const group = bytes[at++] as number;
    if (shift === 28 && group > 0x0f) return malformedVarint;
    raw |= (group & 0x7f) << shift;
    if (group < 0x80) {
      cursor.at = at;
      return (raw >>> 1) ^ -(raw & 1);
    }
  }
  return malformedVarint;
}

/** Reads an int64; `malformedVarint` when it does not end within ten bytes or before `end`, NaN beyond 2^53. */
export function readVarlong(bytes: Uint8Array, cursor: VarintCursor, end: number): number {
  let at = cursor.at;
  let raw = 0;
  let scale = 1;
  let odd = false;
  for (let i = 0; i < 10; i++) {
    if (at >= end) return malformedVarint;
    const group = bytes[at++] as number;
    if (i === 0) odd = (group & 1) === 1;
    if (i === 9 && group > 0x01) return malformedVarint;
    raw += (group & 0x7f) * scale;
    scale *= 0x80;
    if (group < 0x80) {
      cursor.at = at;
      if (raw > Number.MAX_SAFE_INTEGER) return NaN;
      return odd ? -(raw + 1) / 2 : raw / 2;
    }
  }
  return malformedVarint;
}

/** Bytes that an int32 takes. */
export function sizeOfVarint(value: number): number {
  const raw = ((value << 1) ^ (value >> 31)) >>> 0;
  if (raw < 0x80) return 1;
  if (raw < 0x4000) return 2;
  if (raw < 0x20_0000) return 3;
  return raw < 0x1000_0000 ? 4 : 5;
}

/** Bytes that a safe integer takes. */
export function sizeOfVarlong(value: number): number {
  let raw = zigZag(value);
  let size = 1;
  for (; raw >= 0x80; size++) raw = Math.floor(raw / 0x80);
  return size;
}

/** Writes an int32 and returns the position behind it. */
export function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let raw = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = start;
  for (; raw >= 0x80; raw >>>= 7) bytes[at++] = (raw & 0x7f) | 0x80;
  bytes[at++] = raw;
  return at;
}

/** Writes a safe integer and returns the position behind it. */
export function writeVarlong(bytes: Uint8Array, start: number, value: number): number {
  if (value >= -0x4000_0000 && value < 0x4000_0000) return writeVarint(bytes, start, value);
  let raw = zigZag(value);
  let at = start;
  for (; raw >= 0x80; raw = Math.floor(raw / 0x80)) bytes[at++] = (raw % 0x80) | 0x80;
  bytes[at++] = raw;
  return at;
}

/** Exact up to 2^52, which every difference of two timestamps is below. */
function zigZag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}
