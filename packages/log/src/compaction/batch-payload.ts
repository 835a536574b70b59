/** The records of a batch as bytes: at once where that is quick, through the thread pool where it may take long. */
import { Chunks } from '@tidelog/core';
import {
  batchHeaderLength,
  compress,
  compressAsync,
  decompressAsync,
  defaultMaxRecordsBytes,
  recordsPayload,
  type BatchHeader,
} from '@tidelog/protocol';
import type { SourceBatch } from './source-reader.ts';

/** Compressed bytes that are decompressed on the loop. */
const quickCompressedBytes = 16 * 1024;
/** Bytes that are compressed on the loop. */
const quickPlainBytes = 64 * 1024;

/** Throws or rejects with ProtocolError for bytes that are not of their codec. */
export function payloadOf({ header, bytes }: SourceBatch): Buffer | Promise<Buffer> {
  const { codec } = header;
  if (codec === 'none' || codec === 'unknown' || bytes.length <= quickCompressedBytes) {
    return recordsPayload(Chunks.of(bytes), header, defaultMaxRecordsBytes);
  }
  return decompressAsync(codec, bytes.subarray(batchHeaderLength), defaultMaxRecordsBytes);
}

/** The records compressed with the codec that their batch had. */
export function packed(payload: Buffer, { codec }: BatchHeader): Buffer | Promise<Buffer> {
  if (codec === 'none' || codec === 'unknown') return payload;
  return payload.length <= quickPlainBytes ? compress(codec, payload) : compressAsync(codec, payload);
}
