/**
 * Batches of the metadata log between bytes and what the core and the listeners see. Bytes that came from a peer are
 * checked (length, magic, checksum) before anything of them is believed.
 */
import { Chunks, unreachable } from '@tidelog/core';
import {
  batchesOf,
  buildBatch,
  ErrorCode,
  ProtocolError,
  recordsOf,
  verifyCrc,
  type BatchHeader,
} from '@tidelog/protocol';
import type { LogBatch } from '../core/log-batch.ts';
import type { CommittedBatch } from '../raft-listener.ts';
import { buildControls, readControls } from './control-codec.ts';

/** The bytes of a batch that goes into the log. */
export function encodeBatch({ baseOffset, epoch, controls, payload }: LogBatch, timestamp: number): Chunks {
  switch (payload.kind) {
    case 'encoded':
      return payload.bytes;
    case 'controls':
      return Chunks.of(buildControls({ baseOffset, epoch, timestamp, controls }));
    case 'values': {
      const records = payload.values.map((value) => ({ key: null, value, timestamp }));
      return Chunks.of(buildBatch({ baseOffset, partitionLeaderEpoch: epoch, records }));
    }
    default:
      return unreachable(payload);
  }
}

/** What the leader sent, as whole batches; a cut-off tail is left out. Throws ProtocolError on anything corrupt. */
export function decodeBatches(records: Chunks): LogBatch[] {
  const batches: LogBatch[] = [];
  for (const { header, bytes } of batchesOf(records)) {
    if (header.magic !== 2 || !verifyCrc(bytes, 0, header)) {
      throw new ProtocolError(ErrorCode.CORRUPT_MESSAGE, `batch at offset ${header.baseOffset} has a wrong checksum`);
    }
    batches.push(describeBatch(bytes, header));
  }
  return batches;
}

export function describeBatch(bytes: Chunks, header: BatchHeader): LogBatch {
  return {
    baseOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    epoch: header.partitionLeaderEpoch,
    controls: header.isControl ? readControls(bytes, header) : [],
    payload: { kind: 'encoded', bytes },
  };
}

export function committedBatch(bytes: Chunks, header: BatchHeader): CommittedBatch {
  const records = [];
  if (!header.isControl) {
    for (const { offset, value } of recordsOf(bytes, header)) {
      if (value !== null) records.push({ offset, value });
    }
  }
  return {
    baseOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    epoch: header.partitionLeaderEpoch,
    appendTimestamp: header.maxTimestamp,
    sizeInBytes: header.sizeInBytes,
    records,
  };
}
