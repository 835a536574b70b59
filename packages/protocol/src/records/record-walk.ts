/**
 * Walks the records of a batch without making anything of them: enough to know that the bytes are as many records as
 * the header declares, in order, and to learn the smallest and the largest timestamp. It runs over every uncompressed
 * batch that a client sends, so it has two speeds.
 *
 *   walkRun       the common record (short lengths, no headers, the expected offset) in a handful of compares;
 *                 anything else, good or bad, is left to
 *   walkRecord    which alone knows the rules and alone complains.
 *
 * A record that crosses the end of a piece is put together from the pieces it touches, and only that one is copied.
 */
import type { Chunks } from '@tidelog/core';
import { PieceCursor } from './piece-cursor.ts';
import { malformedVarint, readVarint, readVarlong, type VarintCursor } from './varint.ts';

/** The largest head that the quick walk reads before it checks anything: from the length to the length of the key. */
const maxQuickHead = 12;
/** Attributes, two deltas, two lengths and the count of headers, a byte each. */
const minRecordLength = 6;
/** The lengths of a key and a value. */
const minHeaderLength = 2;
/** In two groups of a varint read as one: a third group follows. */
const tooLong = 0x4000;
/** The same, or the number is negative. */
const tooLongOrNegative = 0x4001;
/** The varint -1. */
const nullLength = 1;

export interface RecordWalk extends VarintCursor {
  /** Records seen so far, which is also the offset delta that the next one must have. */
  index: number;
  readonly recordCount: number;
  minTimestampDelta: number;
  maxTimestampDelta: number;
  /** Some record has no key. */
  sawNullKey: boolean;
  /** Some timestamp is beyond what an integer holds exactly. */
  sawWildTimestamp: boolean;
  /** What is wrong with the structure, at record `index`. */
  failure: string | undefined;
  /** Where the slow walk stands in its piece, and the length that it read last. */
  at: number;
  skipped: number;
}

export function newRecordWalk(recordCount: number): RecordWalk {
  return {
    index: 0,
    recordCount,
    minTimestampDelta: Infinity,
    maxTimestampDelta: -Infinity,
    sawNullKey: false,
    sawWildTimestamp: false,
    failure: undefined,
    at: 0,
    skipped: 0,
  };
}

/** Walks all records from `start` to the end of the bytes; `walk.failure` says what did not fit. */
export function walkRecords(bytes: Chunks, start: number, walk: RecordWalk): void {
  const cursor = new PieceCursor(bytes, start);
  while (walk.index < walk.recordCount) {
    if (cursor.left === 0) {
      walk.failure = `the payload ends after ${walk.index} of ${walk.recordCount} declared records`;
      return;
    }
    let taken = walkRun(cursor.piece, cursor.at, cursor.piece.length, walk) - cursor.at;
    if (walk.failure === undefined && taken === 0) taken = walkAcross(cursor, walk);
    if (walk.failure !== undefined) return;
    cursor.skip(taken);
  }
  if (cursor.left > 0) walk.failure = `${cursor.left} bytes follow the last of ${walk.recordCount} declared records`;
}

/** Walks the one record at the cursor, which does not end in the cursor's piece. Returns its size. */
function walkAcross(cursor: PieceCursor, walk: RecordWalk): number {
  const head = cursor.peek(5);
  const position: VarintCursor = { at: 0 };
  const length = readVarint(head, position, head.length);
  const size = position.at + length;
  walk.failure = wrongLength(length);
  if (walk.failure === undefined && size > cursor.left) {
    walk.failure = 'a record is longer than what is left of the batch';
  }
  if (walk.failure !== undefined) return 0;
  return walkRun(cursor.peek(size), 0, size, walk);
}

/** Walks the records that lie whole in [start, end) and returns where the first one begins that does not. */
function walkRun(bytes: Buffer, start: number, end: number, walk: RecordWalk): number {
  const { recordCount } = walk;
  let at = start;
  let index = walk.index;
  let min = walk.minTimestampDelta;
  let max = walk.maxTimestampDelta;
  while (index < recordCount) {
    quick: if (at + maxQuickHead <= end) {
      let p = at;
      let length = bytes[p++] as number;
      if (length >= 0x80) length = (length & 0x7f) | ((bytes[p++] as number) << 7);
      const recordEnd = p + (length >>> 1);
      if ((length & tooLongOrNegative) !== 0 || recordEnd > end) break quick;
      p++;
      let delta = bytes[p++] as number;
      if (delta >= 0x80) delta = (delta & 0x7f) | ((bytes[p++] as number) << 7);
      if ((delta & tooLong) !== 0) break quick;
      const low = (index << 1) & 0x7f;
      if (index < 0x40) {
        if (bytes[p++] !== low) break quick;
      } else if (index < 0x2000) {
        if (bytes[p++] !== (low | 0x80) || bytes[p++] !== index >> 6) break quick;
      } else if (index < 0x10_0000) {
        if (bytes[p++] !== (low | 0x80) || bytes[p++] !== (((index >> 6) & 0x7f) | 0x80)) break quick;
        if (bytes[p++] !== index >> 13) break quick;
      } else {
        break quick;
      }
      let key = bytes[p++] as number;
      if (key >= 0x80) key = (key & 0x7f) | ((bytes[p++] as number) << 7);
      if (key === nullLength) walk.sawNullKey = true;
      else if ((key & tooLongOrNegative) === 0) p += key >>> 1;
      else break quick;
      if (p + 2 > recordEnd) break quick;
      let value = bytes[p++] as number;
      if (value >= 0x80) value = (value & 0x7f) | ((bytes[p++] as number) << 7);
      if (value !== nullLength) {
        if ((value & tooLongOrNegative) !== 0) break quick;
        p += value >>> 1;
      }
      if (p + 1 !== recordEnd || bytes[p] !== 0) break quick;
      const timestampDelta = (delta >>> 1) ^ -(delta & 1);
      if (timestampDelta < min) min = timestampDelta;
      if (timestampDelta > max) max = timestampDelta;
      at = recordEnd;
      index++;
      continue;
    }
    walk.index = index;
    const next = walkRecord(bytes, at, end, walk);
    if (next === at) break;
    at = next;
    index++;
  }
  walk.index = index;
  if (min < walk.minTimestampDelta) walk.minTimestampDelta = min;
  if (max > walk.maxTimestampDelta) walk.maxTimestampDelta = max;
  return at;
}

/**
 * Walks one record by the rules. Returns where the next one begins, or `start` when the record does not end before
 * `end` (more may be in the next piece) or breaks a rule (`walk.failure`).
 */
function walkRecord(bytes: Buffer, start: number, end: number, walk: RecordWalk): number {
  walk.at = start;
  const length = readVarint(bytes, walk, end);
  if (length === malformedVarint && end - start < 5) return start;
  const wrong = wrongLength(length);
  if (wrong !== undefined) return fail(walk, wrong, start);
  const recordEnd = walk.at + length;
  if (recordEnd > end) return start;
  walk.at++;
  const timestampDelta = readVarlong(bytes, walk, recordEnd);
  if (timestampDelta === malformedVarint) return fail(walk, 'the timestamp delta of a record is not a varlong', start);
  const offsetDelta = readVarint(bytes, walk, recordEnd);
  if (offsetDelta !== walk.index) return fail(walk, `offset delta ${offsetDelta} where ${walk.index} must be`, start);
  if (!skipField(bytes, walk, recordEnd, true)) return fail(walk, 'the key leaves its record', start);
  const keyIsNull = walk.skipped === -1;
  if (!skipField(bytes, walk, recordEnd, true)) return fail(walk, 'the value leaves its record', start);
  if (!skipHeaders(bytes, walk, recordEnd)) return fail(walk, 'the headers leave their record', start);
  if (walk.at !== recordEnd) return fail(walk, `${recordEnd - walk.at} bytes too many in a record`, start);
  if (keyIsNull) walk.sawNullKey = true;
  if (Number.isNaN(timestampDelta)) walk.sawWildTimestamp = true;
  if (timestampDelta < walk.minTimestampDelta) walk.minTimestampDelta = timestampDelta;
  if (timestampDelta > walk.maxTimestampDelta) walk.maxTimestampDelta = timestampDelta;
  return recordEnd;
}

function wrongLength(length: number): string | undefined {
  if (length === malformedVarint) return 'the length of a record is not a varint';
  return length < minRecordLength ? `a record of ${length} bytes` : undefined;
}

function fail(walk: RecordWalk, failure: string, start: number): number {
  walk.failure = failure;
  return start;
}

function skipHeaders(bytes: Buffer, walk: RecordWalk, end: number): boolean {
  const count = readVarint(bytes, walk, end);
  if (count < 0 || count * minHeaderLength > end - walk.at) return false;
  for (let i = 0; i < count; i++) {
    if (!skipField(bytes, walk, end, false) || !skipField(bytes, walk, end, true)) return false;
  }
  return true;
}

/** Steps over a length and as many bytes; the length is left in `walk.skipped`. */
function skipField(bytes: Buffer, walk: RecordWalk, end: number, nullable: boolean): boolean {
  const length = readVarint(bytes, walk, end);
  walk.skipped = length;
  if (length < 0) return nullable && length === -1;
  walk.at += length;
  return walk.at <= end;
}
