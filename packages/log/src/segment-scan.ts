/**
 * Reads a segment from front to back in slices of a megabyte, giving the loop a turn between two of them, and hands out
 * its batches. Stops at the first bytes that are no whole, sound batch and says where and why.
 */
import { Chunks } from '@tidelog/core';
import { readBatchHeader, verifyCrc, type BatchHeader } from '@tidelog/protocol';
import type { Segment } from './segment.ts';

const sliceBytes = 1024 * 1024;

export interface ScannedBatch {
  readonly header: BatchHeader;
  readonly position: number;
  readonly bytes: Chunks;
}

export interface ScanOptions {
  /** A position that a batch begins at. */
  readonly from?: number;
  readonly checkCrc?: boolean;
  /** Bytes in the file; what the segment knows of it when absent. */
  readonly size?: number;
  /** The base offset that the first batch must not fall below. */
  readonly firstOffset?: number;
  readonly onStart?: () => void;
  readonly onBatch?: (batch: ScannedBatch) => void;
  /** Called instead of onBatch where the scan may end early: true ends it. */
  readonly until?: (batch: ScannedBatch) => boolean;
}

export interface ScanResult {
  /** Where the sound batches end. */
  readonly end: number;
  /** Undefined when that is the end of the file. */
  readonly problem: string | undefined;
}

export async function scanSegment(segment: Segment, options: ScanOptions): Promise<ScanResult> {
  const size = options.size ?? segment.writtenBytes;
  options.onStart?.();
  let position = options.from ?? 0;
  let expected = options.firstOffset ?? segment.baseOffset;
  let length = sliceBytes;
  while (position < size) {
    const start = position;
    const wanted = Math.min(length, size - start);
    const slice = await segment.use('read', (file) => file.readAsync(start, wanted));
    if (slice.length < wanted) return { end: position, problem: 'the file ended early' };
    const whole = Chunks.of(slice);
    let at = 0;
    for (;;) {
      const header = readBatchHeader(whole, at);
      if (header === undefined) break;
      const malformed = problemOf(header, expected);
      if (malformed !== undefined) return { end: start + at, problem: malformed };
      if (start + at + header.sizeInBytes > size) return { end: start + at, problem: 'the last batch is cut off' };
      if (at + header.sizeInBytes > slice.length) break;
      if (options.checkCrc === true && !verifyCrc(whole, at, header)) {
        return { end: start + at, problem: `the checksum of the batch at offset ${header.baseOffset} is wrong` };
      }
      const bytes = whole.slice(at, at + header.sizeInBytes);
      const batch: ScannedBatch = { header, position: start + at, bytes };
      options.onBatch?.(batch);
      if (options.until?.(batch) === true) return { end: start + at, problem: undefined };
      expected = header.nextOffset;
      at += header.sizeInBytes;
    }
    position = start + at;
    if (at === 0) {
      if (start + wanted >= size) return { end: start, problem: 'the last batch is cut off' };
      length = Math.max(sliceBytes, batchLengthAt(whole));
    } else {
      length = sliceBytes;
    }
  }
  return { end: position, problem: undefined };
}

function batchLengthAt(bytes: Chunks): number {
  return readBatchHeader(bytes, 0)?.sizeInBytes ?? 0;
}

/** What is wrong with a header that stands where a batch is expected. */
function problemOf(header: BatchHeader, expected: number): string | undefined {
  if (header.magic !== 2) return `record format ${header.magic}`;
  if (header.batchLength < 49) return `a batch of ${header.sizeInBytes} bytes`;
  if (header.lastOffsetDelta < 0) return `a last offset delta of ${header.lastOffsetDelta}`;
  if (!(header.baseOffset >= expected)) return `base offset ${header.baseOffset} where ${expected} goes on`;
  return undefined;
}
