/**
 * Where a search for an offset begins in a segment, after a look at what is there: a place that an index names must
 * hold a batch that may precede the offset. A flipped bit must not have anybody pass over records, so an index that
 * names another place is not used any more.
 */
import { batchHeaderLength } from '@tidelog/protocol';
import { BatchScan } from './batch-scan.ts';
import type { Segment } from './segment.ts';

export async function soundPositionBefore(segment: Segment, offset: number): Promise<number> {
  const { position, isIndexed } = segment.placeBefore(offset);
  if (!isIndexed) return position;
  const head = await segment.use('read', (file) => file.readAsync(position, batchHeaderLength));
  return checked(segment, { offset, position, head });
}

/** The same on the loop. */
export function soundPositionNow(segment: Segment, offset: number): number {
  const { position, isIndexed } = segment.placeBefore(offset);
  if (!isIndexed) return position;
  return checked(segment, { offset, position, head: segment.file('read').read(position, batchHeaderLength) });
}

interface Looked {
  readonly offset: number;
  readonly position: number;
  readonly head: Buffer;
}

function checked(segment: Segment, { offset, position, head }: Looked): number {
  if (new BatchScan(head).mayPrecede(offset, segment.baseOffset)) return position;
  // A truncation may have overtaken the read.
  if (position < segment.writtenBytes) segment.distrustIndexes();
  return 0;
}
