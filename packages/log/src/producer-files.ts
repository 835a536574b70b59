/** The snapshots of producers on disk, and the state rebuilt from the newest good one plus the batches behind it. */
import type { Chunks } from '@tidelog/core';
import { decodeSnapshot, encodeSnapshot } from './core/producer-snapshot.ts';
import { readMarker } from './core/admission.ts';
import type { EndedTransaction } from './core/producers.ts';
import { offsetName, suffixes } from './core/segment-names.ts';
import type { BatchHeader } from '@tidelog/protocol';
import type { LogState } from './log-state.ts';
import { removeIfThere, snapshotOffsets } from './segment-files.ts';
import { soundPositionBefore } from './segment-place.ts';
import { scanSegment } from './segment-scan.ts';

export function snapshotPath(state: LogState, offset: number): string {
  return `${state.path}/${offsetName(offset)}${suffixes.snapshot}`;
}

/** Writes a snapshot; it becomes durable with the next sync of the log. */
export function writeSnapshot(state: LogState, offset: number, content: Buffer): void {
  state.context.handles.once(snapshotPath(state, offset), 'write', (file) => {
    file.write([content], 0);
    file.truncate(content.length);
  });
}

export function takeSnapshot(state: LogState): Buffer {
  return encodeSnapshot([...state.producers.entries()]);
}

/** Loads the newest good snapshot at or below the offset; answers where the batches to replay begin. */
export function loadSnapshot(state: LogState, offset: number): number {
  for (const snapshot of snapshotOffsets(state)) {
    if (snapshot.offset > offset || snapshot.offset < state.logStartOffset) continue;
    const entries = decodeSnapshot(state.context.world.disk.readFile(snapshot.path));
    if (entries === undefined) {
      state.context.logger.warn({ path: snapshot.path }, 'a damaged snapshot of producers is left out');
      removeIfThere(state, snapshot.path);
      continue;
    }
    state.producers.load(entries);
    return snapshot.offset;
  }
  state.producers.clear();
  return state.logStartOffset;
}

/** Takes note of a batch that is in the log already. */
export function replayProducer(state: LogState, header: BatchHeader, batch: Chunks): EndedTransaction | undefined {
  if (!header.hasProducerId) return undefined;
  const marker = readMarker(batch, 0, header);
  if (marker !== undefined) return state.producers.onMarker(header, marker, header.baseOffset);
  if (!header.isControl) state.producers.onBatch(header, header.baseOffset);
  return undefined;
}

/** Rebuilds the producers as of `end` from the newest snapshot below it and the batches behind that. */
export async function rebuildProducers(state: LogState, end: number): Promise<void> {
  const from = loadSnapshot(state, end);
  for (const segment of state.segments.slice()) {
    if (segment.writtenBytes === 0 || segment.baseOffset >= end) continue;
    const next = state.segments[state.segments.indexOf(segment) + 1];
    if (next !== undefined && next.baseOffset <= from) continue;
    await scanSegment(segment, {
      from: from > segment.baseOffset ? await soundPositionBefore(segment, from) : 0,
      onBatch: ({ header, bytes }) => {
        if (header.lastOffset >= from && header.baseOffset < end) replayProducer(state, header, bytes);
      },
    });
  }
  state.producers.onWritten(end);
  state.producers.onHighWatermark(state.highWatermark);
}
