/**
 * Reads the files of a log as they are, for `tidelog dump-log`: nothing is repaired, locked or written. Works on a
 * directory of Apache Kafka as well. Results are data; how they are printed is the caller's business.
 */
import { Chunks, type Disk } from '@tidelog/core';
import { readBatchHeader, recordsOf, verifyCrc, type BatchHeader, type Record } from '@tidelog/protocol';
import { decodeEpochs, decodePartitionMetadata } from './core/checkpoint-text.ts';
import type { EpochStart } from './core/leader-epochs.ts';
import type { ProducerEntry } from './core/producer-entry.ts';
import { decodeSnapshot } from './core/producer-snapshot.ts';
import { parseFileName, suffixes } from './core/segment-names.ts';
import { decodeAborted, type AbortedEntry } from './core/transaction-index.ts';

export interface DumpedBatch {
  readonly header: BatchHeader;
  readonly position: number;
  readonly isValid: boolean;
  /** With deepIteration only, and only of a valid batch. */
  readonly records: readonly Record[];
}

export interface DumpOptions {
  /** Decode the records too. */
  readonly deepIteration?: boolean;
  /** Stop after so many bytes. */
  readonly maxBytes?: number;
}

export interface SegmentDump {
  readonly batches: Generator<DumpedBatch, void, undefined>;
  /** The offset in the file's name. */
  readonly startingOffset: number;
  /** Known once the batches were gone through: bytes at the end that are no whole batch. */
  readonly trailingBytes: () => number;
}

const sliceBytes = 1024 * 1024;

/** The batches of a `.log` file (or a `.checkpoint`, which holds batches too), one after the other. */
export function dumpSegment(disk: Disk, path: string, options: DumpOptions = {}): SegmentDump {
  const state = { trailing: 0 };
  return {
    batches: batchesIn(disk, path, options, state),
    startingOffset: baseOffsetOf(path),
    trailingBytes: () => state.trailing,
  };
}

function* batchesIn(
  disk: Disk,
  path: string,
  { deepIteration = false, maxBytes = Infinity }: DumpOptions,
  state: { trailing: number },
): Generator<DumpedBatch, void, undefined> {
  const file = disk.open(path, 'read');
  try {
    const size = Math.min(file.size(), maxBytes);
    let position = 0;
    let length = sliceBytes;
    while (position < size) {
      const slice = Chunks.of(file.read(position, Math.min(length, size - position)));
      const header = readBatchHeader(slice, 0);
      if (header === undefined || header.batchLength < 49 || position + header.sizeInBytes > size) break;
      if (header.sizeInBytes > slice.byteLength) {
        length = header.sizeInBytes;
        continue;
      }
      length = sliceBytes;
      let at = 0;
      for (const batch of wholeBatches(slice, position, deepIteration)) {
        at = batch.position - position + batch.header.sizeInBytes;
        yield batch;
      }
      position += at;
    }
    state.trailing = size - position;
  } finally {
    file.close();
  }
}

function* wholeBatches(slice: Chunks, start: number, deep: boolean): Generator<DumpedBatch, void, undefined> {
  for (let at = 0; ;) {
    const header = readBatchHeader(slice, at);
    if (header === undefined || header.batchLength < 49 || at + header.sizeInBytes > slice.byteLength) return;
    const isValid = header.magic === 2 && verifyCrc(slice, at, header);
    const records = deep && isValid ? [...recordsOf(slice.slice(at, at + header.sizeInBytes), header)] : [];
    yield { header, position: start + at, isValid, records };
    at += header.sizeInBytes;
  }
}

export interface OffsetIndexEntry {
  readonly offset: number;
  readonly position: number;
}

export interface TimeIndexEntry {
  readonly timestamp: number;
  readonly offset: number;
}

export interface IndexDump<Entry> {
  readonly entries: readonly Entry[];
  /** What the sanity check, or the comparison with the log file beside it, has found. Empty: passed. */
  readonly problems: readonly string[];
}

export interface IndexOptions {
  /** Only the index itself is checked, not against its log file. */
  readonly indexSanityCheck?: boolean;
}

export function dumpOffsetIndex(disk: Disk, path: string, options: IndexOptions = {}): IndexDump<OffsetIndexEntry> {
  const base = baseOffsetOf(path);
  const bytes = disk.readFile(path);
  const problems = lengthProblems(bytes, 8);
  const entries: OffsetIndexEntry[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const entry = { offset: base + bytes.readInt32BE(at), position: bytes.readInt32BE(at + 4) };
    if (isPadding(entry.offset === base && entry.position === 0, at)) break;
    const last = entries.at(-1);
    if (last !== undefined && entry.offset <= last.offset) problems.push(`offset ${entry.offset} after ${last.offset}`);
    entries.push(entry);
  }
  if (options.indexSanityCheck !== true) compareOffsets(disk, path, entries, problems);
  return { entries, problems };
}

export function dumpTimeIndex(disk: Disk, path: string, options: IndexOptions = {}): IndexDump<TimeIndexEntry> {
  const base = baseOffsetOf(path);
  const bytes = disk.readFile(path);
  const problems = lengthProblems(bytes, 12);
  const entries: TimeIndexEntry[] = [];
  for (let at = 0; at + 12 <= bytes.length; at += 12) {
    const entry = { timestamp: Number(bytes.readBigInt64BE(at)), offset: base + bytes.readInt32BE(at + 8) };
    if (isPadding(entry.timestamp === 0 && entry.offset === base, at)) break;
    const last = entries.at(-1);
    if (last !== undefined && entry.timestamp < last.timestamp) {
      problems.push(`timestamp ${entry.timestamp} after ${last.timestamp}`);
    }
    entries.push(entry);
  }
  if (options.indexSanityCheck !== true) compareTimes(disk, path, entries, problems);
  return { entries, problems };
}

export function dumpTransactionIndex(disk: Disk, path: string): readonly AbortedEntry[] | undefined {
  return decodeAborted(disk.readFile(path));
}

export function dumpProducerSnapshot(disk: Disk, path: string): readonly ProducerEntry[] | undefined {
  return decodeSnapshot(disk.readFile(path));
}

export function dumpEpochs(disk: Disk, path: string): readonly EpochStart[] | undefined {
  return decodeEpochs(disk.readFile(path).toString());
}

/** The topic id in a `partition.metadata` file. */
export function dumpPartitionMetadata(disk: Disk, path: string): string | undefined {
  return decodePartitionMetadata(disk.readFile(path).toString());
}

/** A presized index is padded with zeros; the first entry alone may be all zeros. */
function isPadding(isZero: boolean, at: number): boolean {
  return isZero && at > 0;
}

function lengthProblems(bytes: Buffer, entryBytes: number): string[] {
  return bytes.length % entryBytes === 0 ? [] : [`${bytes.length} bytes are no multiple of ${entryBytes}`];
}

function compareOffsets(disk: Disk, path: string, entries: readonly OffsetIndexEntry[], problems: string[]): void {
  const wanted = new Map(entries.map(({ offset, position }) => [position, offset]));
  for (const { header, position } of dumpSegment(disk, logBeside(path)).batches) {
    const offset = wanted.get(position);
    if (offset === undefined) continue;
    wanted.delete(position);
    if (offset < header.baseOffset || offset > header.lastOffset) {
      problems.push(`offset ${offset} names byte ${position}, where ${header.baseOffset} to ${header.lastOffset} are`);
    }
  }
  for (const [position, offset] of wanted) problems.push(`offset ${offset} names byte ${position}: no batch there`);
}

function compareTimes(disk: Disk, path: string, entries: readonly TimeIndexEntry[], problems: string[]): void {
  let index = 0;
  let maxTimestamp = -1;
  for (const { header } of dumpSegment(disk, logBeside(path)).batches) {
    maxTimestamp = Math.max(maxTimestamp, header.maxTimestamp);
    for (let entry = entries[index]; entry !== undefined && entry.offset <= header.lastOffset; entry = entries[index]) {
      if (entry.timestamp > maxTimestamp)
        problems.push(`timestamp ${entry.timestamp} is above the log's ${maxTimestamp}`);
      index++;
    }
  }
}

function logBeside(path: string): string {
  return `${path.slice(0, path.lastIndexOf('.'))}${suffixes.log}`;
}

function baseOffsetOf(path: string): number {
  return parseFileName(path.slice(path.lastIndexOf('/') + 1))?.offset ?? 0;
}
