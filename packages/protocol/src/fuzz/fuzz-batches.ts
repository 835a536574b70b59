/**
 * One forged record batch: its records spoilt before they are compressed, the compressed bytes after, the header at
 * last, and mostly a crc that is right all the same. What is owed: the same judgement in any pieces, ProtocolError and
 * nothing else from whoever reads it, and what was judged valid reads as as many records as the header says.
 */
import { Chunks, crc32c, must, type SeededRandom } from '@tidelog/core';
import { ErrorCode, ProtocolError } from '../errors.ts';
import { buildBatch } from '../records/batch-builder.ts';
import { BatchHeader, batchHeaderLength, crcStart, readBatchHeader } from '../records/batch-header.ts';
import { batchesOf } from '../records/batches-of.ts';
import { compress } from '../records/compression.ts';
import { verifyCrc } from '../records/patch-batch.ts';
import { recordsOf } from '../records/records-of.ts';
import { randomBatch } from '../records/testing/random-batches.ts';
import { validateClientFrame, validateClientHeader } from '../records/validate-header.ts';
import { validateRecords } from '../records/validate-records.ts';
import { mutate, scattered } from './mutate.ts';
import type { Outcome } from './fuzz-messages.ts';

const codecs = ['none', 'none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const maxBytes = 1 << 20;

/** Forges a batch and has it judged and read. Throws what a reader must not. */
export function fuzzBatch(random: SeededRandom): Outcome {
  const bytes = forge(random);
  const chunks = scattered(bytes, random);
  for (const { header, bytes: slice } of batchesOf(chunks)) verifyCrc(slice, 0, header);
  const header = readBatchHeader(chunks);
  if (header === undefined) return 'refused';
  validateClientFrame(header, { available: bytes.length, maxMessageBytes: maxBytes });
  validateClientHeader(header);
  const options = { requireKeys: random.below(2) === 0, timestampWindow: { earliest: 0, latest: 2e12 }, maxBytes };
  const judged = validateRecords(chunks, header, options);
  const again = validateRecords(Chunks.of(bytes), new BatchHeader(bytes, 0), options);
  if (JSON.stringify(judged) !== JSON.stringify(again))
    throw failure(`judged by its pieces ${JSON.stringify([judged, again])}`, bytes);
  const records = read(chunks, bytes);
  if (judged.error !== ErrorCode.NONE) return 'refused';
  if (records !== header.recordCount) throw failure(`valid, and gives ${String(records)} records`, bytes);
  return 'accepted';
}

function read(chunks: Chunks, bytes: Buffer): number | undefined {
  try {
    let count = 0;
    for (const record of recordsOf(chunks, undefined, { maxBytes })) {
      count += record.headers.length >= 0 && (record.key?.length ?? 0) + (record.value?.length ?? 0) >= 0 ? 1 : 0;
    }
    return count;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw failure(String(error), bytes, error);
  }
}

function forge(random: SeededRandom): Buffer {
  const plain = buildBatch({ ...randomBatch(random, 8), producerId: 7, producerEpoch: 0, baseSequence: 0 });
  const codec = must(codecs[random.below(codecs.length)]);
  let payload = plain.subarray(batchHeaderLength);
  if (random.below(2) === 0) payload = mutate(payload, random);
  let packed = codec === 'none' ? payload : compress(codec, payload);
  if (codec !== 'none' && random.below(3) === 0) packed = mutate(packed, random);
  const header = Buffer.from(plain.subarray(0, batchHeaderLength));
  header.writeInt16BE(codecs.indexOf(codec) === 0 ? 0 : codecs.indexOf(codec) - 2, 21);
  let bytes = Buffer.concat([header, packed]);
  bytes.writeInt32BE(bytes.length - 12, 8);
  if (random.below(3) === 0) bytes = Buffer.concat([mutate(bytes.subarray(0, batchHeaderLength), random), packed]);
  if (bytes.length > crcStart && random.below(5) > 0) bytes.writeUInt32BE(crc32c(bytes.subarray(crcStart)), 17);
  return bytes;
}

function failure(what: string, bytes: Buffer, cause?: unknown): Error {
  return new Error(`batch ${what}: ${bytes.toString('hex')}`, { cause });
}
