/**
 * One cleaning of one log: builds the map of keys over the dirty part, rewrites every segment from the log's start to
 * where the map came, group by group, and says where the next cleaning begins.
 */
import { lastsOfProducers } from '../core/compaction/batch-fate.ts';
import type { CleaningPlan } from '../core/compaction/candidates.ts';
import { CleanedTransactions } from '../core/compaction/cleaned-transactions.ts';
import { groupSegments } from '../core/compaction/segment-groups.ts';
import { collectAborted, type AbortedEntry } from '../core/transaction-index.ts';
import type { LogState } from '../log-state.ts';
import type { Segment } from '../segment.ts';
import { CleanedSegment } from './cleaned-segment.ts';
import type { CleaningRun } from './cleaning-run.ts';
import { GroupCleaner } from './group-cleaner.ts';
import { MapBuilder } from './map-builder.ts';
import { replaceSegments } from './replace-segments.ts';

export interface CleaningResult {
  /** Everything below is clean now. */
  readonly cleanPoint: number;
  readonly keys: number;
  /** How full the map became, 0 to 1. */
  readonly bufferUtilization: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

interface Part {
  readonly segments: readonly Segment[];
  readonly endOffset: number;
}

/** Throws CleaningInterrupted, DiskError, ProtocolError or LogOfflineError (damage); the log is whole all the same. */
export async function cleanLog(run: CleaningRun, plan: CleaningPlan): Promise<CleaningResult> {
  const { state, config } = run;
  const wallNow = state.context.world.clock.wall();
  const all = state.segments.filter(({ baseOffset }) => baseOffset < plan.firstUncleanableOffset);
  const aborted = abortedIn(state, plan.firstUncleanableOffset);
  run.pacer.onTurn();
  const map = await new MapBuilder(run, { plan, segments: all, aborted }).build();
  const cleanPoint = map.latestOffset + 1;
  const segments = all.filter(({ baseOffset }) => baseOffset < cleanPoint);
  const parts = partsOf(state, segments, all[segments.length]?.baseOffset ?? plan.firstUncleanableOffset);
  const shared = {
    map,
    wallNow,
    transactions: new CleanedTransactions(aborted),
    lasts: lastsOfProducers(state.producers.entries()),
    deleteRetentionMs: state.config.deleteRetentionMs,
  };
  const buffer = Buffer.allocUnsafe(config.ioBufferBytes);
  const bytesBefore = segments.reduce((sum, segment) => sum + segment.writtenBytes, 0);
  let bytesAfter = 0;
  for (const part of parts) bytesAfter += await cleanPart(run, { ...shared, ...part }, buffer);
  return { cleanPoint, keys: map.size, bufferUtilization: map.utilization, bytesBefore, bytesAfter };
}

type PartSource = ConstructorParameters<typeof GroupCleaner>[1];

/** Answers the bytes that are left. */
async function cleanPart(run: CleaningRun, source: PartSource, buffer: Buffer): Promise<number> {
  const { state } = run;
  const { segments, endOffset } = source;
  const first = segments[0];
  if (first === undefined) return 0;
  run.check(segments);
  const onWritten = (bytes: number): Promise<void> => run.onWritten(bytes, segments);
  const cleaned = new CleanedSegment(state, { first, buffer, onWritten });
  const cleaner = new GroupCleaner(run, source, cleaned);
  try {
    await cleaner.clean();
    await cleaned.finish(segments.at(-1)?.modifiedAt ?? first.modifiedAt);
    run.check(segments);
  } catch (error) {
    if (!state.gone) cleaned.discard();
    throw error;
  }
  // The tail in memory may still hold data whose abort is no longer in the index.
  if (cleaner.droppedAborted) state.tail.dropBelow(endOffset);
  await replaceSegments(state, segments, cleaned.segment);
  return cleaned.segment.writtenBytes;
}

/** Every aborted transaction that has data below the offset; all of them have ended. */
function abortedIn(state: LogState, to: number): AbortedEntry[] {
  const found: AbortedEntry[] = [];
  for (const segment of state.segments)
    if (collectAborted(segment.transactions.entries(), { from: 0, to }, found)) break;
  return found;
}

function partsOf(state: LogState, segments: readonly Segment[], endOffset: number): Part[] {
  const measured = segments.map((segment) => ({
    segment,
    baseOffset: segment.baseOffset,
    sizeInBytes: segment.writtenBytes,
    indexEntries: segment.offsetIndex.count,
    timeIndexEntries: segment.timeIndex.count,
  }));
  const groups = groupSegments(measured, endOffset, state.config);
  return groups.map((group, index) => ({
    segments: group.map(({ segment }) => segment),
    endOffset: groups[index + 1]?.[0]?.baseOffset ?? endOffset,
  }));
}
