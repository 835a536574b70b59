/**
 * The batches in a run of bytes, one after the other, without copying them. Stops at a tail that is cut off (end of a
 * fetch response, a torn write) and at a length that no batch can have; `position` tells the caller how far it came.
 */
import type { Chunks } from '@tidelog/core';
import { BatchHeader, batchHeaderLength } from './batch-header.ts';
import { PieceCursor } from './piece-cursor.ts';

export interface BatchSlice {
  readonly header: BatchHeader;
  /** Where the batch begins in the bytes that were given. */
  readonly position: number;
  readonly bytes: Chunks;
}

export function* batchesOf(bytes: Chunks, start = 0): Generator<BatchSlice, void, undefined> {
  const cursor = new PieceCursor(bytes, start);
  while (cursor.left >= batchHeaderLength) {
    const { piece, at } = cursor;
    const contiguous = at + batchHeaderLength <= piece.length;
    const header = contiguous ? new BatchHeader(piece, at) : new BatchHeader(cursor.peek(batchHeaderLength), 0);
    if (header.sizeInBytes < batchHeaderLength || header.sizeInBytes > cursor.left) return;
    const position = bytes.byteLength - cursor.left;
    yield { header, position, bytes: cursor.take(header.sizeInBytes) };
  }
}
