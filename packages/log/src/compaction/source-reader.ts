/**
 * Reads the batches of a segment that is cleaned, a buffer at a time off the loop, and hands them out one after the
 * other. What is no whole batch is damage: a segment that takes no more batches ends with one.
 */
import { Chunks } from '@tidelog/core';
import { readBatchHeader, type BatchHeader } from '@tidelog/protocol';
import { LogOfflineError } from '../log-offline-error.ts';
import type { Segment } from '../segment.ts';

export interface SourceBatch {
  readonly header: BatchHeader;
  /** The whole batch. */
  readonly bytes: Buffer;
}

export interface SourceRead {
  readonly bufferBytes: number;
  /** A position that a batch begins at. */
  readonly from: number;
  /** After every read; throws to end it all. */
  onRead(bytes: number): Promise<void>;
  /** After every batch: a promise to wait for where a pause is due. */
  afterBatch(): Promise<void> | undefined;
  /** False ends the reading. */
  onBatch(batch: SourceBatch): boolean | Promise<boolean>;
}

/** Answers whether it came to the end of the segment. Throws DiskError, and LogOfflineError for what is damaged. */
export async function readBatches(segment: Segment, read: SourceRead): Promise<boolean> {
  const size = segment.writtenBytes;
  let position = read.from;
  let length = read.bufferBytes;
  while (position < size) {
    const start = position;
    const wanted = Math.min(length, size - start);
    const buffer = await segment.use('read', (file) => file.readAsync(start, wanted));
    await read.onRead(buffer.length);
    const whole = Chunks.of(buffer);
    let at = 0;
    let needed = 0;
    for (;;) {
      const header = readBatchHeader(whole, at);
      if (header === undefined) break;
      needed = header.sizeInBytes;
      checkHeader(segment, header, start + at);
      if (at + needed > buffer.length) break;
      const goOn = read.onBatch({ header, bytes: buffer.subarray(at, at + needed) });
      if (!(goOn === true || goOn === false ? goOn : await goOn)) return false;
      at += needed;
      const pause = read.afterBatch();
      if (pause !== undefined) await pause;
    }
    if (at === 0 && (buffer.length < wanted || start + wanted >= size)) throw damaged(segment, start, 'is cut off');
    length = at === 0 ? Math.max(read.bufferBytes, needed, length * 2) : read.bufferBytes;
    position += at;
  }
  return true;
}

export function damaged(segment: Segment, position: number, problem: string): LogOfflineError {
  return new LogOfflineError(`${segment.path}: the batch at byte ${position} ${problem}`, {
    path: segment.path,
    position,
  });
}

function checkHeader(segment: Segment, header: BatchHeader, position: number): void {
  const { magic, batchLength, lastOffsetDelta, baseOffset } = header;
  if (magic !== 2 || batchLength < 49 || lastOffsetDelta < 0 || baseOffset < segment.baseOffset) {
    throw damaged(segment, position, 'has a header that none can have');
  }
}
