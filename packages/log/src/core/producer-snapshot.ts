/**
 * The producer state file `<offset>.snapshot`: the producers as of that offset, in Kafka's bytes.
 *
 *   0 version i16 = 1 | 2 crc32c u32 of all that follows | 6 count i32 | 10 entries of 46 bytes
 *   entry: producerId i64, epoch i16, lastSequence i32, lastOffset i64, offsetDelta i32, timestamp i64,
 *          coordinatorEpoch i32, currentTxnFirstOffset i64 (-1 none)
 *
 * A producer has one entry per remembered batch, oldest first, so that a restart still knows every repetition. Kafka
 * writes the last one only and takes the last one that it reads, so either reads the other's files. A file that does
 * not check out reads as undefined: it is rebuilt.
 */
import { crc32c } from '@tidelog/core';
import type { ProducerEntry } from './producer-entry.ts';

const headerBytes = 10;
const entryBytes = 46;

export function encodeSnapshot(producers: readonly ProducerEntry[]): Buffer {
  const entries = producers.flatMap(perBatch);
  const out = Buffer.alloc(headerBytes + entries.length * entryBytes);
  out.writeInt16BE(1, 0);
  out.writeInt32BE(entries.length, 6);
  entries.forEach((entry, index) => encodeEntry(out, headerBytes + index * entryBytes, entry));
  out.writeUInt32BE(crc32c(out.subarray(6)), 2);
  return out;
}

export function decodeSnapshot(bytes: Buffer): ProducerEntry[] | undefined {
  if (bytes.length < headerBytes || bytes.readInt16BE(0) !== 1) return undefined;
  if (bytes.readUInt32BE(2) !== crc32c(bytes.subarray(6))) return undefined;
  const count = bytes.readInt32BE(6);
  if (bytes.length !== headerBytes + count * entryBytes) return undefined;
  const producers = new Map<number, ProducerEntry>();
  for (let at = headerBytes; at < bytes.length; at += entryBytes) {
    const entry = decodeEntry(bytes, at);
    const before = producers.get(entry.producerId)?.batches ?? [];
    producers.set(entry.producerId, { ...entry, batches: [...before, ...entry.batches] });
  }
  return [...producers.values()];
}

/** The producer as of each of its batches; what is no batch's is the last one's. */
function perBatch(entry: ProducerEntry): ProducerEntry[] {
  const { batches } = entry;
  const older = batches.slice(0, -1);
  return [
    ...older.map((batch) => ({
      ...entry,
      lastTimestamp: batch.timestamp,
      currentTxnFirstOffset: -1,
      batches: [batch],
    })),
    { ...entry, batches: batches.slice(-1) },
  ];
}

function encodeEntry(out: Buffer, at: number, entry: ProducerEntry): void {
  const last = entry.batches.at(-1);
  out.writeBigInt64BE(BigInt(entry.producerId), at);
  out.writeInt16BE(entry.producerEpoch, at + 8);
  out.writeInt32BE(last?.lastSequence ?? -1, at + 10);
  out.writeBigInt64BE(BigInt(last?.lastOffset ?? -1), at + 14);
  out.writeInt32BE(last?.offsetDelta ?? 0, at + 22);
  out.writeBigInt64BE(BigInt(entry.lastTimestamp), at + 26);
  out.writeInt32BE(entry.coordinatorEpoch, at + 34);
  out.writeBigInt64BE(BigInt(entry.currentTxnFirstOffset), at + 38);
}

function decodeEntry(bytes: Buffer, at: number): ProducerEntry {
  const int64 = (position: number): number => Number(bytes.readBigInt64BE(at + position));
  const lastOffset = int64(14);
  const timestamp = int64(26);
  const batch = {
    lastSequence: bytes.readInt32BE(at + 10),
    lastOffset,
    offsetDelta: bytes.readInt32BE(at + 22),
    timestamp,
  };
  return {
    producerId: int64(0),
    producerEpoch: bytes.readInt16BE(at + 8),
    coordinatorEpoch: bytes.readInt32BE(at + 34),
    lastTimestamp: timestamp,
    currentTxnFirstOffset: int64(38),
    batches: lastOffset >= 0 ? [batch] : [],
  };
}
