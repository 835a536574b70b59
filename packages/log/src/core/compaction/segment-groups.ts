/**
 * Adjacent segments that shrank are merged: which of them go into one new segment. A group never exceeds the sizes of
 * a segment, nor the reach of the 32-bit offsets in its indexes.
 */
export interface GroupedSegment {
  readonly baseOffset: number;
  readonly sizeInBytes: number;
  readonly indexEntries: number;
  readonly timeIndexEntries: number;
}

export interface GroupLimits {
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
}

const int32Max = 0x7fff_ffff;
/** A swap renames every file of a group in one go, which must not hold the loop for long. */
const segmentsPerGroup = 64;

/** Groups of consecutive segments, in order. `endOffset` is the base offset of the segment behind the last one. */
export function groupSegments<S extends GroupedSegment>(
  segments: readonly S[],
  endOffset: number,
  { segmentBytes, segmentIndexBytes }: GroupLimits,
): S[][] {
  const indexMax = Math.floor(segmentIndexBytes / 8);
  const timeIndexMax = Math.floor(segmentIndexBytes / 12) - 1;
  const groups: S[][] = [];
  let group: S[] = [];
  let baseOffset = 0;
  let size = 0;
  let index = 0;
  let timeIndex = 0;
  for (const [at, segment] of segments.entries()) {
    const lastOffset = (segments[at + 1]?.baseOffset ?? endOffset) - 1;
    size += segment.sizeInBytes;
    index += segment.indexEntries;
    timeIndex += segment.timeIndexEntries;
    const fits = size <= segmentBytes && index <= indexMax && timeIndex <= timeIndexMax;
    if (group.length > 0 && fits && group.length < segmentsPerGroup && lastOffset - baseOffset <= int32Max) {
      group.push(segment);
      continue;
    }
    group = [segment];
    groups.push(group);
    baseOffset = segment.baseOffset;
    size = segment.sizeInBytes;
    index = segment.indexEntries;
    timeIndex = segment.timeIndexEntries;
  }
  return groups;
}
