/**
 * The records of a batch as values, for whoever reads them: coordinators that replay, dump-log, timestamp lookups, the
 * metadata log, consumers. Keys, values and headers share the memory of the batch and are cut out when they are asked
 * for. A loop that is hot enough to mind one object per record uses `recordCursor`.
 */
import type { Chunks } from '@tidelog/core';
import { ErrorCode, ProtocolError } from '../errors.ts';
import { batchHeaderLength, readBatchHeader, type BatchHeader } from './batch-header.ts';
import { decompress } from './compression.ts';
import { RecordCursor } from './record-cursor.ts';
import { readVarint } from './varint.ts';

/** How far the records of one batch may grow when they are decompressed, where nobody says otherwise. */
export const defaultMaxRecordsBytes: number = 128 * 1024 * 1024;

export interface RecordHeader {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

export interface Record {
  readonly offset: number;
  /** Milliseconds since the epoch; -1 for none. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly RecordHeader[];
}

export interface ReadOptions {
  readonly maxBytes?: number;
}

/** The records of one batch, which begins where `batch` does. Throws ProtocolError where they are not well formed. */
export function* recordsOf(
  batch: Chunks,
  header?: BatchHeader,
  options?: ReadOptions,
): Generator<Record, void, undefined> {
  const cursor = recordCursor(batch, header, options);
  while (cursor.next()) yield new RecordView(cursor);
}

/** A cursor before the first record of a batch. */
export function recordCursor(batch: Chunks, header?: BatchHeader, options: ReadOptions = {}): RecordCursor {
  const head = header ?? readBatchHeader(batch);
  if (head === undefined || head.sizeInBytes > batch.byteLength || head.sizeInBytes < batchHeaderLength) {
    throw new ProtocolError(ErrorCode.CORRUPT_MESSAGE, `a batch that is cut off after ${batch.byteLength} bytes`);
  }
  return new RecordCursor(recordsPayload(batch, head, options.maxBytes ?? defaultMaxRecordsBytes), head);
}

/** The records of a batch as bytes, decompressed: shared memory where they are neither compressed nor in pieces. */
export function recordsPayload(batch: Chunks, header: BatchHeader, maxBytes: number): Buffer {
  const { codec, sizeInBytes } = header;
  if (codec === 'unknown') {
    throw new ProtocolError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `codec ${header.attributes & 7}`);
  }
  const payload = batch.contiguous(batchHeaderLength, sizeInBytes - batchHeaderLength);
  return codec === 'none' || header.recordCount === 0 ? payload : decompress(codec, payload, maxBytes);
}

class RecordView implements Record {
  readonly offset: number;
  readonly timestamp: number;
  readonly #bytes: Buffer;
  readonly #keyAt: number;
  readonly #keyLength: number;
  readonly #valueAt: number;
  readonly #valueLength: number;
  readonly #headersAt: number;
  readonly #headerCount: number;
  readonly #end: number;

  constructor(cursor: RecordCursor) {
    this.offset = cursor.offset;
    this.timestamp = cursor.timestamp;
    this.#bytes = cursor.bytes;
    this.#keyAt = cursor.keyAt;
    this.#keyLength = cursor.keyLength;
    this.#valueAt = cursor.valueAt;
    this.#valueLength = cursor.valueLength;
    this.#headersAt = cursor.headersAt;
    this.#headerCount = cursor.headerCount;
    this.#end = cursor.end;
  }

  get key(): Buffer | null {
    return this.#keyLength < 0 ? null : this.#bytes.subarray(this.#keyAt, this.#keyAt + this.#keyLength);
  }

  get value(): Buffer | null {
    return this.#valueLength < 0 ? null : this.#bytes.subarray(this.#valueAt, this.#valueAt + this.#valueLength);
  }

  get headers(): readonly RecordHeader[] {
    return this.#headerCount === 0
      ? noHeaders
      : readHeaders(this.#bytes, this.#headersAt, this.#headerCount, this.#end);
  }
}

const noHeaders: readonly RecordHeader[] = [];

function readHeaders(bytes: Buffer, at: number, count: number, end: number): RecordHeader[] {
  const headers: RecordHeader[] = [];
  const cursor = { at };
  const field = (): Buffer | null => {
    const length = readVarint(bytes, cursor, end);
    const from = cursor.at;
    if (length < -1 || from + length > end) {
      throw new ProtocolError(ErrorCode.INVALID_RECORD, 'a header leaves its record');
    }
    cursor.at = from + Math.max(length, 0);
    return length < 0 ? null : bytes.subarray(from, cursor.at);
  };
  for (let i = 0; i < count; i++) {
    const key = field();
    if (key === null) throw new ProtocolError(ErrorCode.INVALID_RECORD, 'a header without a key');
    headers.push({ key, value: field() });
  }
  if (cursor.at !== end) throw new ProtocolError(ErrorCode.INVALID_RECORD, 'bytes follow the last header');
  return headers;
}
