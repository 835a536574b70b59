/**
 * Finds records by time, through the time indexes and a look into the batches (semantics 8). Where a segment cannot be
 * read as far as the record there is no answer: a later record, or none, would have a consumer skip what is there.
 */
import { DiskError, must } from '@tidelog/core';
import { recordsOf, type Record } from '@tidelog/protocol';
import type { TimestampedOffset } from './core/outcomes.ts';
import type { LogState } from './log-state.ts';
import { soundPositionBefore } from './segment-place.ts';
import { scanSegment, type ScannedBatch, type ScanOptions } from './segment-scan.ts';
import type { Segment } from './segment.ts';

/** The first record at or after the log's start and below `upTo` whose timestamp is at least the one asked for. */
export async function findByTimestamp(
  state: LogState,
  timestamp: number,
  upTo: number,
): Promise<TimestampedOffset | undefined> {
  for (const segment of state.segments.slice()) {
    if (segment.writtenBytes === 0 || segment.maxTimestamp < timestamp) continue;
    if (segment.baseOffset >= upTo) return undefined;
    const found = await findInSegment(state, segment, timestamp);
    if (found !== undefined) return found.offset < upTo ? found : undefined;
  }
  return undefined;
}

async function findInSegment(
  state: LogState,
  segment: Segment,
  timestamp: number,
): Promise<TimestampedOffset | undefined> {
  const before = segment.timeIndex.floor(timestamp - 1);
  const from = before === undefined ? 0 : await soundPositionBefore(segment, segment.baseOffset + before.value);
  let found: TimestampedOffset | undefined;
  const look = ({ header, bytes }: ScannedBatch): boolean => {
    if (header.maxTimestamp < timestamp || header.lastOffset < state.logStartOffset) return false;
    for (const record of recordsOf(bytes, header)) {
      if (record.timestamp < timestamp || record.offset < state.logStartOffset) continue;
      found = describe(record, header.partitionLeaderEpoch);
      return true;
    }
    return false;
  };
  await scanWhole(segment, { from, until: look });
  return found;
}

/** The record with the largest timestamp; the first of them where several have it. */
export async function findMaxTimestamp(state: LogState): Promise<TimestampedOffset | undefined> {
  let best: Segment | undefined;
  for (const segment of state.segments) {
    if (segment.writtenBytes > 0 && segment.maxTimestamp > (best?.maxTimestamp ?? -1)) best = segment;
  }
  if (best === undefined) return undefined;
  const segment = must(best);
  const timestamp = segment.maxTimestamp;
  const from = await soundPositionBefore(segment, segment.newest.offset);
  let found: TimestampedOffset | undefined;
  await scanWhole(segment, {
    from,
    until: ({ header, bytes }) => {
      if (header.maxTimestamp < timestamp) return false;
      for (const record of recordsOf(bytes, header)) {
        if (record.timestamp < timestamp) continue;
        found = describe(record, header.partitionLeaderEpoch);
        return true;
      }
      return false;
    },
  });
  return found;
}

/** To the end, or to where the record was found. */
async function scanWhole(segment: Segment, options: ScanOptions): Promise<void> {
  const { end, problem } = await scanSegment(segment, options);
  if (problem !== undefined) throw new DiskError('EIO', segment.path, new Error(`${problem}, at byte ${end}`));
}

function describe({ offset, timestamp }: Record, leaderEpoch: number): TimestampedOffset {
  return { offset, timestamp, leaderEpoch };
}
