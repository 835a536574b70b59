/**
 * Judges the records of a batch that a client sent, without making anything of them: they are as many as declared, in
 * order, well formed, with keys where the topic is compacted and timestamps inside the window. Compressed records are
 * decompressed under a cap first. Any bad record refuses the whole batch; the records at fault are named by their index
 * (KIP-467), at most a thousand of them. A bad timestamp decides the code when both kinds occur.
 */
import { Chunks } from '@tidelog/core';
import { ErrorCode, ProtocolError } from '../errors.ts';
import { batchHeaderLength, type BatchHeader } from './batch-header.ts';
import { RecordCursor } from './record-cursor.ts';
import { newRecordWalk, walkRecords, type RecordWalk } from './record-walk.ts';
import { recordsPayload } from './records-of.ts';
import { validateCounts, validateTimestamps } from './validate-header.ts';

export interface RecordError {
  readonly batchIndex: number;
  readonly message: string;
}

export interface RecordErrors {
  /** NONE when the records are fit to be appended. */
  readonly error: ErrorCode;
  readonly detail: string;
  readonly recordErrors: readonly RecordError[];
  /** The largest timestamp among the records, which the header may have wrong; -1 when none has one. */
  readonly maxTimestamp: number;
}

export interface ValidationOptions {
  /** The topic is compacted. */
  readonly requireKeys: boolean;
  /** Milliseconds since the epoch that a record's time must lie between, both included. */
  readonly timestampWindow?: TimestampWindow | undefined;
  /** How many bytes compressed records may become. */
  readonly maxBytes: number;
}

export interface TimestampWindow {
  readonly earliest: number;
  readonly latest: number;
}

const maxRecordErrors = 1000;
const noErrors: readonly RecordError[] = [];

/** Validates the records of one batch; `batch` is all of its bytes and no more. */
export function validateRecords(batch: Chunks, header: BatchHeader, options: ValidationOptions): RecordErrors {
  if (header.sizeInBytes !== batch.byteLength || batch.byteLength < batchHeaderLength) {
    const detail = `a batch of ${header.sizeInBytes} bytes in ${batch.byteLength}`;
    return refused(ErrorCode.CORRUPT_MESSAGE, detail);
  }
  const wrong = validateCounts(header) ?? validateTimestamps(header);
  if (wrong !== undefined) return refused(wrong.error, wrong.detail);
  if ((header.attributes & 7) === 0) return validatePayload(batch, batchHeaderLength, header, options);
  try {
    const payload = Chunks.of(recordsPayload(batch, header, options.maxBytes));
    return validatePayload(payload, 0, header, options);
  } catch (error) {
    if (error instanceof ProtocolError) return refused(error.code, error.detail);
    throw error;
  }
}

function validatePayload(bytes: Chunks, start: number, header: BatchHeader, options: ValidationOptions): RecordErrors {
  const walk = newRecordWalk(header.recordCount);
  walkRecords(bytes, start, walk);
  if (walk.failure !== undefined) {
    const { index: batchIndex, failure: message } = walk;
    const recordErrors = batchIndex < walk.recordCount ? [{ batchIndex, message }] : noErrors;
    return { error: ErrorCode.INVALID_RECORD, detail: message, recordErrors, maxTimestamp: -1 };
  }
  const appendTime = header.timestampType === 'LogAppendTime';
  const maxTimestamp = appendTime ? header.maxTimestamp : header.baseTimestamp + walk.maxTimestampDelta;
  const window = appendTime ? undefined : options.timestampWindow;
  const keysMissing = options.requireKeys && walk.sawNullKey;
  if (!keysMissing && (appendTime || timesAreGood(header.baseTimestamp, walk, window))) {
    return { error: ErrorCode.NONE, detail: '', recordErrors: noErrors, maxTimestamp };
  }
  const payload = start === 0 ? bytes.toBuffer() : bytes.slice(start).toBuffer();
  return nameRecords(new RecordCursor(payload, header), options.requireKeys, window);
}

function timesAreGood(baseTimestamp: number, walk: RecordWalk, window: TimestampWindow | undefined): boolean {
  const min = baseTimestamp + walk.minTimestampDelta;
  const max = baseTimestamp + walk.maxTimestampDelta;
  if (walk.sawWildTimestamp || min < -1 || max > Number.MAX_SAFE_INTEGER) return false;
  return window === undefined || (min >= window.earliest && max <= window.latest);
}

/** Goes over records of which some are at fault, and says which and why. */
function nameRecords(cursor: RecordCursor, requireKeys: boolean, window: TimestampWindow | undefined): RecordErrors {
  const recordErrors: RecordError[] = [];
  let badTimes = false;
  let maxTimestamp = -1;
  for (let batchIndex = 0; cursor.next(); batchIndex++) {
    const { timestamp } = cursor;
    const badTime = isBadTime(timestamp, window);
    const keyMissing = requireKeys && cursor.keyLength < 0;
    if (timestamp > maxTimestamp) maxTimestamp = timestamp;
    if (!badTime && !keyMissing) continue;
    badTimes ||= badTime;
    const message = badTime
      ? `timestamp ${timestamp} is outside ${window?.earliest ?? 0} to ${window?.latest ?? Number.MAX_SAFE_INTEGER}`
      : 'a record without a key in a compacted topic';
    if (recordErrors.length < maxRecordErrors) recordErrors.push({ batchIndex, message });
  }
  if (recordErrors.length === 0) return { error: ErrorCode.NONE, detail: '', recordErrors, maxTimestamp };
  const error = badTimes ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD;
  return { error, detail: recordErrors[0]?.message ?? '', recordErrors, maxTimestamp };
}

/** A record without a timestamp (-1) is never too old. */
function isBadTime(timestamp: number, window: TimestampWindow | undefined): boolean {
  if (timestamp === -1) return false;
  if (!(timestamp >= 0 && timestamp <= Number.MAX_SAFE_INTEGER)) return true;
  return window !== undefined && (timestamp < window.earliest || timestamp > window.latest);
}

function refused(error: ErrorCode, detail: string): RecordErrors {
  return { error, detail, recordErrors: noErrors, maxTimestamp: -1 };
}
