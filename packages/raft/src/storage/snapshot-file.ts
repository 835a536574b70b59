/**
 * Reading a snapshot: record batches one after the other, the first framed by a SnapshotHeader, the last by a
 * SnapshotFooter (KIP-630). A file that is cut off, has a wrong checksum, lacks header or footer, or goes on behind the
 * footer is refused as a whole.
 */
import { Chunks, type Disk } from '@tidelog/core';
import { batchHeaderLength, readBatchHeader, recordsOf, verifyCrc, type BatchHeader } from '@tidelog/protocol';
import type { OffsetAndEpoch } from '../core/epoch-cache.ts';
import type { VoterSet } from '../core/voter-set.ts';
import type { SnapshotReader } from '../raft-listener.ts';
import { readControls } from './control-codec.ts';

const readAheadBytes = 1 << 20;

/** A snapshot that can not be trusted. The detail says why and where. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

export interface SnapshotContent {
  readonly lastContainedLogTimestamp: number;
  readonly voters: VoterSet | undefined;
  readonly kraftVersion: number;
  readonly sizeInBytes: number;
}

interface SnapshotBatch {
  readonly header: BatchHeader;
  readonly bytes: Chunks;
  readonly position: number;
}

/** Reads all of the file and checks it. Throws SnapshotError. */
export function verifySnapshot(disk: Disk, path: string): SnapshotContent {
  let state: 'start' | 'open' | 'ended' = 'start';
  let voters: VoterSet | undefined;
  let kraftVersion = 0;
  let lastContainedLogTimestamp = -1;
  let sizeInBytes = 0;
  for (const { header, bytes, position } of snapshotBatches(disk, path)) {
    if (state === 'ended') throw new SnapshotError(`${path} goes on behind its footer, at byte ${position}`);
    sizeInBytes = position + header.sizeInBytes;
    if (!header.isControl) {
      if (state === 'start') throw new SnapshotError(`${path} does not begin with a snapshot header`);
      continue;
    }
    for (const control of readControls(bytes, header)) {
      if (state === 'start' && control.kind !== 'snapshotHeader') {
        throw new SnapshotError(`${path} does not begin with a snapshot header`);
      }
      if (control.kind === 'snapshotHeader') {
        state = 'open';
        lastContainedLogTimestamp = header.maxTimestamp;
      } else if (control.kind === 'snapshotFooter') state = 'ended';
      else if (control.kind === 'voters') voters = control.voters;
      else if (control.kind === 'kraftVersion') kraftVersion = control.version;
    }
  }
  if (state !== 'ended') throw new SnapshotError(`${path} has no snapshot footer: it is not complete`);
  return { lastContainedLogTimestamp, voters, kraftVersion, sizeInBytes };
}

/** For listeners; the file has been verified. */
export function snapshotReader(
  disk: Disk,
  path: string,
  { offset, epoch }: OffsetAndEpoch,
  { lastContainedLogTimestamp, sizeInBytes }: SnapshotContent,
): SnapshotReader {
  return {
    offset,
    epoch,
    lastContainedLogTimestamp,
    sizeInBytes,
    *records() {
      for (const { header, bytes } of snapshotBatches(disk, path)) {
        if (header.isControl) continue;
        for (const { value } of recordsOf(bytes, header)) if (value !== null) yield value;
      }
    },
  };
}

function* snapshotBatches(disk: Disk, path: string): Generator<SnapshotBatch> {
  const file = disk.open(path, 'read');
  try {
    const size = file.size();
    let buffer: Buffer = Buffer.alloc(0);
    let bufferAt = 0;
    const at = (position: number, length: number): Buffer => {
      if (position < bufferAt || position + length > bufferAt + buffer.length) {
        buffer = file.read(position, Math.max(length, Math.min(readAheadBytes, size - position)));
        bufferAt = position;
      }
      return buffer.subarray(position - bufferAt, position - bufferAt + length);
    };
    for (let position = 0; position < size;) {
      const cutOff = new SnapshotError(`${path} is cut off in the batch at byte ${position}`);
      if (size - position < batchHeaderLength) throw cutOff;
      const header = readBatchHeader(Chunks.of(at(position, batchHeaderLength)));
      if (header === undefined || header.sizeInBytes < batchHeaderLength || header.magic !== 2) {
        throw new SnapshotError(`${path} has no record batch at byte ${position}`);
      }
      if (header.sizeInBytes > size - position) throw cutOff;
      const bytes = Chunks.of(at(position, header.sizeInBytes));
      if (bytes.byteLength < header.sizeInBytes) throw cutOff;
      if (!verifyCrc(bytes, 0, header)) throw new SnapshotError(`${path} has a wrong checksum at byte ${position}`);
      yield { header, bytes, position };
      position += header.sizeInBytes;
    }
  } finally {
    file.close();
  }
}
