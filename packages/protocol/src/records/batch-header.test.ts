import { Chunks, crc32c, must, SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import { buildBatch } from './batch-builder.ts';
import { readBatchHeader } from './batch-header.ts';
import { batchesOf } from './batches-of.ts';
import { patchBatch, patchTimestamps, verifyCrc } from './patch-batch.ts';
import { recordsOf } from './records-of.ts';
import { cutAt, inPieces, randomBatch } from './testing/random-batches.ts';

const batch = buildBatch({
  baseOffset: 2 ** 40 + 3,
  partitionLeaderEpoch: 12,
  records: [
    { key: Buffer.from('a'), value: Buffer.from('one'), timestamp: 1000 },
    { key: null, value: Buffer.from('two'), timestamp: 3000 },
  ],
  producerId: 2 ** 50,
  producerEpoch: 9,
  baseSequence: 2 ** 31 - 1,
  isTransactional: true,
});
const whole = must(readBatchHeader(Chunks.of(batch)));

test('a header reads the same wherever the piece ends, also behind other bytes', () => {
  const behind = Buffer.concat([Buffer.alloc(7), batch]);
  for (let at = 1; at < behind.length; at++) {
    const header = readBatchHeader(cutAt(behind, at), 7);
    expect(header).toEqual(whole);
  }
  expect(whole.lastSequence).toBe(0);
  expect(whole.lastOffset).toBe(2 ** 40 + 4);
  expect(whole.producerId).toBe(2 ** 50);
});

test('fewer than 61 bytes are no header', () => {
  expect(readBatchHeader(Chunks.of(batch.subarray(0, 60)))).toBeUndefined();
  expect(readBatchHeader(Chunks.of(batch), batch.length - 60)).toBeUndefined();
  expect(readBatchHeader(Chunks.empty)).toBeUndefined();
});

test('batches are cut out of any pieces, and the torn tail is left', () => {
  const random = new SeededRandom(11);
  for (let round = 0; round < 60; round++) {
    const built = Array.from({ length: 1 + random.below(6) }, () => buildBatch(randomBatch(random, 6)));
    const torn = buildBatch(randomBatch(random, 6));
    const tail = torn.subarray(0, random.below(torn.length));
    const chunks = inPieces(Buffer.concat([...built, tail]), random, 1 + random.below(400));
    const slices = [...batchesOf(chunks)];
    expect(slices.map(({ bytes }) => bytes.toBuffer().toString('hex'))).toEqual(built.map((b) => b.toString('hex')));
    let position = 0;
    for (const slice of slices) {
      expect(slice.position).toBe(position);
      expect(verifyCrc(chunks, position, slice.header)).toBe(true);
      position += slice.header.sizeInBytes;
    }
  }
});

test('a length that no batch has ends the walk instead of going round', () => {
  for (const length of [-12, -13, 0, 48, 2 ** 31 - 1, -(2 ** 31)]) {
    const copy = Buffer.from(batch);
    copy.writeInt32BE(length, 8);
    expect([...batchesOf(Chunks.of(copy))]).toEqual([]);
    expect(verifyCrc(Chunks.of(copy), 0, must(readBatchHeader(Chunks.of(copy))))).toBe(false);
  }
});

test('offset and epoch are patched through any border and leave the crc right', () => {
  for (let at = 1; at < batch.length; at++) {
    const chunks = cutAt(batch, at);
    patchBatch(chunks, 0, { baseOffset: 2 ** 52 + 77, partitionLeaderEpoch: 5 });
    const header = must(readBatchHeader(chunks));
    expect([header.baseOffset, header.partitionLeaderEpoch]).toEqual([2 ** 52 + 77, 5]);
    expect(verifyCrc(chunks, 0, header)).toBe(true);
    const rest = chunks.toBuffer();
    expect([rest.subarray(8, 12), rest.subarray(16)]).toEqual([batch.subarray(8, 12), batch.subarray(16)]);
  }
});

test('timestamps are patched through any border, and the crc follows', () => {
  for (let at = 1; at < batch.length; at++) {
    const chunks = cutAt(batch, at);
    const crc = patchTimestamps(chunks, 0, whole, { timestampType: 'LogAppendTime', maxTimestamp: 1_800_000_000_000 });
    const header = must(readBatchHeader(chunks));
    expect(header.crc).toBe(crc);
    expect(verifyCrc(chunks, 0, header)).toBe(true);
    expect(header.isTransactional).toBe(true);
    expect([...recordsOf(chunks)].map(({ timestamp }) => timestamp)).toEqual([1_800_000_000_000, 1_800_000_000_000]);
    patchTimestamps(chunks, 0, header, { timestampType: 'CreateTime', maxTimestamp: 3000 });
    expect(chunks.toBuffer().equals(batch)).toBe(true);
  }
});

test('every byte from the attributes on is under the crc, and none before', () => {
  for (let at = 0; at < batch.length; at++) {
    const copy = Buffer.from(batch);
    copy[at] = (copy[at] as number) ^ 1;
    const same = crc32c(copy.subarray(21)) === whole.crc;
    expect(same).toBe(at < 21);
  }
});
