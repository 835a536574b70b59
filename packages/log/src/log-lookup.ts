/** Finds records by time, through the time indexes and a look into the batches (semantics 8). */
import { must } from '@tidelog/core';
import { recordsOf, type Record } from '@tidelog/protocol';
import type { TimestampedOffset } from './core/outcomes.ts';
import type { LogState } from './log-state.ts';
import { scanSegment, type ScannedBatch } from './segment-scan.ts';
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
  const from = before === undefined ? 0 : segment.positionBefore(segment.baseOffset + before.value);
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
  await scanSegment(segment, { from, until: look });
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
  const from = segment.positionBefore(segment.newest.offset);
  let found: TimestampedOffset | undefined;
  await scanSegment(segment, {
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

function describe({ offset, timestamp }: Record, leaderEpoch: number): TimestampedOffset {
  return { offset, timestamp, leaderEpoch };
}
