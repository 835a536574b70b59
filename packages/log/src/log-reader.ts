/**
 * Reads batches from the files of a log, for readers who are behind the tail in memory. One read of the file serves one
 * call in the common case: it begins where the last one ended, or at the place that the offset index names, and is cut
 * to whole batches below `upTo` where the log goes on beyond it.
 */
import { Chunks, DiskError, must } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { BatchScan } from './batch-scan.ts';
import type { ReadData, ReadOptions, ReadOutcome } from './core/outcomes.ts';
import { offlineBecause } from './log-context.ts';
import type { LogState } from './log-state.ts';
import { isMissing, type Segment } from './segment.ts';

/** Read beyond what was asked for, because the index names a place somewhat before the offset. */
const slackBytes = 8 * 1024;

/** A read from memory, or of nothing; undefined when it takes the files. */
export function readFromMemory(state: LogState, options: ReadOptions): ReadOutcome | undefined {
  const { offset } = options;
  const { logStartOffset, logEndOffset, offline } = state;
  if (offline !== undefined) return { kind: 'error', error: ErrorCode.KAFKA_STORAGE_ERROR, detail: offline.message };
  if (offset < logStartOffset || offset > logEndOffset) return { kind: 'outOfRange' };
  const upTo = Math.min(options.upTo, logEndOffset);
  if (offset >= upTo || (options.maxBytes <= 0 && !options.minOneBatch)) return nothing(state, offset);
  const { maxBytes, minOneBatch } = options;
  const found = state.tail.read({ offset, maxBytes, minOneBatch, upTo });
  if (found === undefined) return undefined;
  const { stats } = state.context;
  stats.memoryReads++;
  stats.bytesFromMemory += found.records.byteLength;
  return { kind: 'data', ...found, logStartOffset, fromMemory: true };
}

export async function readFromFiles(state: LogState, options: ReadOptions, again = true): Promise<ReadOutcome> {
  const { segments, truncations } = state;
  try {
    const outcome = await readSegments(state, options);
    return state.truncations === truncations ? outcome : readAgain(state, options);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    if (state.truncations !== truncations && !state.gone) return readAgain(state, options);
    // Compaction or retention has taken the segment away, and its files are gone already.
    if (isMissing(error) && again && segments !== state.segments) return readFromFiles(state, options, false);
    if (state.gone || options.offset < state.logStartOffset || isMissing(error)) return { kind: 'outOfRange' };
    const failure = offlineBecause(error, 'reading');
    if (error.code === 'EIO') state.fail(failure);
    return { kind: 'error', error: ErrorCode.KAFKA_STORAGE_ERROR, detail: failure.message };
  }
}

/** The log was truncated while it was read: what was read, if anything, may be of two histories. */
function readAgain(state: LogState, options: ReadOptions): ReadOutcome | Promise<ReadOutcome> {
  return readFromMemory(state, options) ?? readFromFiles(state, options);
}

async function readSegments(state: LogState, options: ReadOptions): Promise<ReadOutcome> {
  const { offset } = options;
  const upTo = Math.min(options.upTo, state.logEndOffset);
  // As they are now: while a read is under way, others may take their place.
  const { segments } = state;
  for (let index = state.segmentIndexOf(offset); index < segments.length; index++) {
    const segment = must(segments[index]);
    if (segment.baseOffset >= upTo) break;
    const reader = new SegmentRead(state, segment, { ...options, upTo });
    const found = await reader.run();
    if (found !== undefined) return found;
  }
  return nothing(state, offset);
}

function nothing(state: LogState, offset: number): ReadData {
  const { logStartOffset } = state;
  return { kind: 'data', records: Chunks.empty, firstOffset: offset, logStartOffset, fromMemory: true };
}

class SegmentRead {
  readonly #state: LogState;
  readonly #segment: Segment;
  readonly #options: ReadOptions;
  /** An index named the place to begin at, which is checked: a flipped bit in it must not have us skip records. */
  #mustPrecede = false;

  constructor(state: LogState, segment: Segment, options: ReadOptions) {
    this.#state = state;
    this.#segment = segment;
    this.#options = options;
  }

  /** Undefined when no batch of this segment reaches the offset. */
  async run(): Promise<ReadData | undefined> {
    const { offset } = this.#options;
    const { position: start, isIndexed } = this.#segment.placeBefore(offset);
    this.#mustPrecede = isIndexed;
    const found = await this.#from(start);
    if (found !== 'lost') return found;
    const { path } = this.#segment;
    const { logger } = this.#state.context;
    if (start > 0) {
      logger.warn({ path, position: start }, 'an index named a place where no batch is; it is not used any more');
      this.#segment.distrustIndexes();
      this.#mustPrecede = false;
      const again = await this.#from(0);
      if (again !== 'lost') return again;
    }
    throw new DiskError('EIO', path, new Error(`no whole batch where offset ${offset} should be`));
  }

  /** Reads from a position that a batch should begin at; `lost` when there is none. */
  async #from(start: number): Promise<ReadData | undefined | 'lost'> {
    const { offset, maxBytes } = this.#options;
    let position = start;
    let length = maxBytes + slackBytes;
    while (position < this.#segment.writtenBytes) {
      const scan = new BatchScan(await this.#read(position, length));
      if (this.#mustPrecede && position === start && !scan.mayPrecede(offset, this.#segment.baseOffset)) return 'lost';
      while (scan.look() && scan.lastOffset < offset && scan.isWhole) scan.skip();
      if (!scan.look()) {
        if (scan.at === 0) return 'lost';
        position += scan.at;
      } else if (scan.lastOffset < offset) {
        // This batch is longer than what was read, and not wanted: go on behind it.
        position += scan.at + scan.sizeInBytes;
      } else if (scan.isWhole || !this.#mustBeWhole(scan)) {
        return this.#cut(scan, position);
      } else {
        position += scan.at;
        length = Math.max(maxBytes, scan.sizeInBytes);
        if (position + scan.sizeInBytes > this.#segment.writtenBytes) return 'lost';
      }
    }
    return position > this.#segment.writtenBytes ? 'lost' : undefined;
  }

  #mustBeWhole({ sizeInBytes }: BatchScan): boolean {
    return this.#options.minOneBatch || sizeInBytes <= this.#options.maxBytes;
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const segment = this.#segment;
    const end = Math.min(length, segment.writtenBytes - position);
    const bytes = await segment.use('read', (file) => file.readAsync(position, end));
    const { stats } = this.#state.context;
    stats.fileReads++;
    stats.bytesFromFiles += bytes.length;
    return bytes;
  }

  /** From the current batch on, as much as is wanted; remembers where the last whole batch ends. */
  #cut(scan: BatchScan, position: number): ReadData {
    const { maxBytes, minOneBatch, offset, upTo } = this.#options;
    const { logStartOffset } = this.#state;
    const start = scan.at;
    const firstOffset = scan.baseOffset;
    const tooSmall = scan.sizeInBytes > maxBytes && !minOneBatch;
    const limit = tooSmall ? 0 : Math.max(maxBytes, scan.sizeInBytes);
    if (scan.baseOffset >= upTo || limit === 0) {
      return { kind: 'data', records: Chunks.empty, firstOffset: offset, logStartOffset, fromMemory: false };
    }
    let next = offset;
    let stopped = false;
    while (scan.look() && !stopped) {
      stopped = scan.baseOffset >= upTo || !scan.isWhole || scan.at + scan.sizeInBytes - start > limit;
      if (stopped) break;
      next = scan.lastOffset + 1;
      scan.skip();
    }
    this.#segment.rememberPosition(next, position + scan.at);
    const records = Chunks.of(scan.bytes.subarray(start, scan.at));
    return { kind: 'data', records, firstOffset, logStartOffset, fromMemory: false };
  }
}
