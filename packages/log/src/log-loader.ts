/**
 * Opens a log from its directory. After a clean stop nothing is scanned: sizes come from the directory, the end from
 * the recovery point that the stop left, with a snapshot of producers at it. Where there is none the end is looked for
 * in the active segment. After an unclean stop, or where the file does not end with a batch, every segment that reaches
 * beyond the recovery point is read whole: a bad batch above the recovery point is a torn write and is cut off with all
 * that follows; one below it is damage to what was durable, and the log goes offline and keeps its files as they are.
 */
import { must } from '@tidelog/core';
import type { BatchHeader } from '@tidelog/protocol';
import { decodeEpochs } from './core/checkpoint-text.ts';
import { epochFileName, offsetName, parseFileName, suffixes } from './core/segment-names.ts';
import type { AdmittedBatch } from './core/admission.ts';
import { BatchScan } from './batch-scan.ts';
import { LogOfflineError } from './log-offline-error.ts';
import type { LogState } from './log-state.ts';
import { loadSnapshot, rebuildProducers, replayProducer } from './producer-files.ts';
import { removeIfThere, removeSegments, removeSnapshots } from './segment-files.ts';
import { scanSegment, type ScannedBatch, type ScanResult } from './segment-scan.ts';
import type { Segment } from './segment.ts';

/** What the checkpoints of the directory say about a log. */
export interface LoadFacts {
  readonly clean: boolean;
  readonly recoveryPoint: number | undefined;
  readonly logStartOffset: number | undefined;
  readonly highWatermark: number | undefined;
}

/** Opens the log; synchronous in effect (no pause) when the stop was clean and the producers' snapshot is there. */
export async function loadLog(state: LogState, facts: LoadFacts): Promise<void> {
  const { epochsKnown, newestSnapshot } = loadSegments(state, facts);
  const end = facts.clean ? cleanEndOf(state, facts.recoveryPoint, newestSnapshot) : undefined;
  if (end === undefined) await recover(state, { recoveryPoint: facts.recoveryPoint ?? 0, epochsKnown });
  else setCleanEnd(state, end);
  if (state.failure !== undefined) return;
  if (state.logStartOffset > state.logEndOffset) restartAt(state, state.logStartOffset);
  finishEpochs(state);
  const wanted = Math.max(facts.highWatermark ?? 0, state.logStartOffset);
  state.highWatermark = Math.min(wanted, state.logEndOffset);
  if (end !== undefined && state.logEndOffset > 0) {
    if (loadSnapshot(state, state.logEndOffset) < state.logEndOffset) await rebuildProducers(state, state.logEndOffset);
  }
  state.producers.onHighWatermark(state.highWatermark);
}

interface FoundFiles {
  /** Whether the leader epochs could be read. */
  readonly epochsKnown: boolean;
  /** Its offset; -1 when there is none. */
  readonly newestSnapshot: number;
}

function loadSegments(state: LogState, facts: LoadFacts): FoundFiles {
  const { logStartOffset = 0, recoveryPoint = 0 } = facts;
  const { disk } = state.context.world;
  const names = finishLeftovers(state, disk.list(state.path));
  const bases: number[] = [];
  const others = new Set<string>();
  let hasEpochs = false;
  let newestSnapshot = -1;
  for (const name of names) {
    const parsed = parseFileName(name);
    if (parsed?.suffix === suffixes.log) bases.push(parsed.offset);
    else if (name === epochFileName) hasEpochs = true;
    else if (parsed !== undefined) others.add(name);
    if (parsed?.suffix === suffixes.snapshot) newestSnapshot = Math.max(newestSnapshot, parsed.offset);
  }
  for (const baseOffset of bases.sort((a, b) => a - b)) {
    const name = offsetName(baseOffset);
    const stat = must(disk.stat(`${state.path}/${name}${suffixes.log}`), 'a segment that vanished');
    const segment = state.newSegment(baseOffset, stat.size, others.has(`${name}${suffixes.txnIndex}`));
    segment.modifiedAt = stat.modifiedMs;
    state.segments.push(segment);
  }
  removeOrphans(state, others, bases);
  if (state.segments.length === 0) {
    // Whatever has become of the files: an offset that was given is never given again.
    const first = state.newSegment(Math.max(logStartOffset, recoveryPoint));
    first.create();
    state.segments.push(first);
  }
  state.logStartOffset = Math.max(logStartOffset, must(state.segments[0]).baseOffset);
  return { epochsKnown: hasEpochs && loadEpochs(state), newestSnapshot };
}

/** What a deletion or a compaction that did not finish has left behind. */
function finishLeftovers(state: LogState, names: readonly string[]): string[] {
  const { disk } = state.context.world;
  const cleaned = names.filter((name) => name.endsWith(suffixes.cleaned));
  const lowestCleaned = Math.min(...cleaned.map((name) => parseFileName(name)?.offset ?? Infinity));
  const kept: string[] = [];
  const swaps: string[] = [];
  for (const name of names) {
    if (name.endsWith(suffixes.deleted) || name.endsWith(suffixes.cleaned))
      removeIfThere(state, `${state.path}/${name}`);
    else if (!name.endsWith(suffixes.swap)) kept.push(name);
    else if ((parseFileName(name)?.offset ?? Infinity) >= lowestCleaned) removeIfThere(state, `${state.path}/${name}`);
    else swaps.push(name);
  }
  if (swaps.length === 0) return kept;
  const replaced = completeSwaps(state, swaps, kept);
  return [...kept.filter((name) => !replaced.has(name)), ...swaps.map((name) => name.slice(0, -suffixes.swap.length))]
    .filter((name, index, all) => all.indexOf(name) === index)
    .filter((name) => disk.stat(`${state.path}/${name}`) !== undefined);
}

/** A swap covers the originals from its base offset to the end of its last batch; those go, then it takes its name. */
function completeSwaps(state: LogState, swaps: readonly string[], names: readonly string[]): Set<string> {
  const { disk } = state.context.world;
  const replaced = new Set<string>();
  for (const swap of swaps.filter(isLog)) {
    const base = parseFileName(swap)?.offset ?? 0;
    const end = lastOffsetIn(disk.readFile(`${state.path}/${swap}`), base);
    for (const name of names) {
      const parsed = parseFileName(name);
      if (parsed === undefined || parsed.offset < base || parsed.offset > end) continue;
      if (parsed.suffix === suffixes.snapshot) continue;
      replaced.add(name);
      removeIfThere(state, `${state.path}/${name}`);
    }
  }
  // The log first: without it a restart in between would take its indexes for what it has to replace.
  for (const swap of swaps.toSorted((a, b) => Number(isLog(b)) - Number(isLog(a)))) {
    disk.rename(`${state.path}/${swap}`, `${state.path}/${swap.slice(0, -suffixes.swap.length)}`);
  }
  return replaced;
}

function isLog(swap: string): boolean {
  return swap.endsWith(`${suffixes.log}${suffixes.swap}`);
}

function lastOffsetIn(bytes: Buffer, base: number): number {
  const scan = new BatchScan(bytes);
  let last = base;
  for (; scan.look() && scan.isWhole; scan.skip()) last = scan.lastOffset;
  return last;
}

/** An index without its log file belongs to nothing. */
function removeOrphans(state: LogState, names: ReadonlySet<string>, bases: readonly number[]): void {
  const known = new Set(bases);
  const indexes: ReadonlySet<string> = new Set([suffixes.index, suffixes.timeIndex, suffixes.txnIndex]);
  for (const name of names) {
    const parsed = parseFileName(name);
    if (parsed === undefined || !indexes.has(parsed.suffix) || known.has(parsed.offset)) continue;
    removeIfThere(state, `${state.path}/${name}`);
  }
}

function loadEpochs(state: LogState): boolean {
  const path = `${state.path}/${epochFileName}`;
  const entries = decodeEpochs(state.context.world.disk.readFile(path).toString());
  if (entries === undefined) state.context.logger.warn({ path }, 'a damaged leader epoch checkpoint is left out');
  for (const { epoch, startOffset } of entries ?? []) state.epochs.assign(epoch, startOffset);
  return entries !== undefined;
}

/** Epochs outside of the log are forgotten. */
function finishEpochs(state: LogState): void {
  const end = state.epochs.truncateFromEnd(state.logEndOffset);
  const start = state.epochs.truncateFromStart(state.logStartOffset);
  if (end || start) state.epochFile.write();
}

/** Undefined when the log does not end as a clean stop leaves it. */
function cleanEndOf(
  { active }: LogState,
  recoveryPoint: number | undefined,
  newestSnapshot: number,
): number | undefined {
  if (active.sizeInBytes === 0) return (recoveryPoint ?? 0) > active.baseOffset ? undefined : active.baseOffset;
  // The stop writes a snapshot at the end, so a recovery point without one, or below one, is not that stop's.
  const isEnd = recoveryPoint === newestSnapshot && recoveryPoint > active.baseOffset;
  return isEnd ? recoveryPoint : endOf(active);
}

function setCleanEnd(state: LogState, end: number): void {
  state.logEndOffset = end;
  state.nextOffset = end;
  state.recoveryPoint = end;
}

/** Where the last batch of a segment ends, found from the last index entry on; undefined when the file goes on. */
function endOf(segment: Segment): number | undefined {
  let end = segment.baseOffset;
  let position = segment.placeBefore(Number.MAX_SAFE_INTEGER).position;
  while (position < segment.writtenBytes) {
    const scan = new BatchScan(segment.file('read').read(position, 64 * 1024));
    while (scan.look()) {
      end = scan.lastOffset + 1;
      scan.skip();
    }
    if (scan.at === 0) return undefined;
    position += scan.at;
  }
  return position === segment.writtenBytes ? end : undefined;
}

function restartAt(state: LogState, offset: number): void {
  const { segments } = state;
  const fresh = state.newSegment(offset);
  state.segments = [fresh];
  removeSegments(state, segments, 0);
  fresh.create();
  state.epochs.clear();
  state.logEndOffset = offset;
  state.nextOffset = offset;
  state.recoveryPoint = Math.min(state.recoveryPoint, offset);
}

interface RecoveryFacts {
  readonly recoveryPoint: number;
  readonly epochsKnown: boolean;
}

async function recover(state: LogState, { recoveryPoint, epochsKnown }: RecoveryFacts): Promise<void> {
  const first = Math.max(
    0,
    state.segments.findIndex((_, index) => (state.segments[index + 1]?.baseOffset ?? Infinity) > recoveryPoint),
  );
  if (!epochsKnown) await findEpochs(state, first);
  await replayUpTo(state, first);
  state.recoveryPoint = recoveryPoint;
  let end = must(state.segments[first]).baseOffset;
  for (let index = first; index < state.segments.length; index++) {
    const segment = must(state.segments[index]);
    if (index > first && segment.baseOffset > end && end >= recoveryPoint) {
      // Segments follow each other without a gap: the end of the one before was lost with the power.
      const problem = `offset ${end} to ${segment.baseOffset} are missing`;
      cutOff(state, index - 1, { end: must(state.segments[index - 1]).writtenBytes, problem }, end);
      break;
    }
    end = Math.max(end, segment.baseOffset);
    const result = await rebuildSegment(state, segment, (next) => (end = next));
    if (result.problem === undefined) {
      if (index + 1 < state.segments.length) segment.seal();
      segment.spillIndexes({ sync: false });
      continue;
    }
    if (end < recoveryPoint) {
      takeOffline(state, segment, result);
      return;
    }
    cutOff(state, index, result, end);
    break;
  }
  state.logEndOffset = end;
  state.nextOffset = end;
  state.recoveryPoint = Math.min(recoveryPoint, end);
  removeSnapshots(state, (offset) => offset > end);
  state.producers.onWritten(end);
  state.recovered = true;
  state.isUnfinished = state.logEndOffset > state.logStartOffset;
  state.epochFile.write();
}

/** A crash can leave an empty leader epoch checkpoint: the epochs are in the batches too. */
async function findEpochs(state: LogState, first: number): Promise<void> {
  for (const segment of state.segments.slice(0, first)) {
    await scanSegment(segment, { onBatch: ({ header }) => noteEpoch(state, header) });
  }
}

function noteEpoch(state: LogState, { partitionLeaderEpoch, baseOffset }: BatchHeader): void {
  if (partitionLeaderEpoch > state.epochs.latest) state.epochs.assign(partitionLeaderEpoch, baseOffset);
}

/** The producers as of the first segment that is going to be scanned. */
async function replayUpTo(state: LogState, first: number): Promise<void> {
  const start = must(state.segments[first]).baseOffset;
  const from = loadSnapshot(state, start);
  for (let index = state.segmentIndexOf(from); index < first; index++) {
    await scanSegment(must(state.segments[index]), {
      onBatch: ({ header, bytes }) => {
        if (header.lastOffset >= from) replayProducer(state, header, bytes);
      },
    });
  }
}

/** Reads a segment whole and makes its indexes, epochs and producers anew from it. */
async function rebuildSegment(
  state: LogState,
  segment: Segment,
  onEnd: (nextOffset: number) => void,
): Promise<ScanResult> {
  const size = segment.writtenBytes;
  const onBatch = ({ header, bytes }: ScannedBatch): void => {
    noteEpoch(state, header);
    const batch: AdmittedBatch = {
      firstOffset: header.baseOffset,
      lastOffset: header.lastOffset,
      sizeInBytes: header.sizeInBytes,
      // A batch that compaction has emptied still names the time of a record that is gone.
      maxTimestamp: header.recordCount === 0 ? -1 : header.maxTimestamp,
      leaderEpoch: header.partitionLeaderEpoch,
      recordCount: header.recordCount,
      header,
      marker: undefined,
    };
    segment.onWritten(batch, state.config.indexIntervalBytes);
    const ended = replayProducer(state, header, bytes);
    if (ended?.aborted === true) segment.transactions.add(ended);
    onEnd(header.nextOffset);
  };
  return scanSegment(segment, { size, checkCrc: true, onStart: () => segment.forgetDerived(), onBatch });
}

function takeOffline(state: LogState, segment: Segment, { end, problem }: ScanResult): void {
  const { path } = segment;
  const what = `${path} is damaged at byte ${end}, below the recovery point: ${problem ?? ''}`;
  const detail = `${what}. Nothing was cut off; restore the file or delete this replica to fetch it again`;
  state.failure = new LogOfflineError(detail, { path, position: end });
  state.context.logger.error({ log: state.name, path, position: end }, detail);
}

function cutOff(state: LogState, index: number, { end: position, problem }: ScanResult, offset: number): void {
  const segment = must(state.segments[index]);
  const lost = state.segments.slice(index + 1);
  const fields = { log: state.name, path: segment.path, position, offset, reason: problem, segments: lost.length };
  state.context.logger.warn(fields, 'the end of the log was not written whole and is cut off');
  state.segments = state.segments.slice(0, index + 1);
  removeSegments(state, lost, 0);
  segment.file('write').truncate(position);
  segment.sizeInBytes = segment.writtenBytes;
  segment.spillIndexes({ sync: false });
}
