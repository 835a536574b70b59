/** Batches for tests: random ones from a seed, cut into pieces, and lied about. */
import { Chunks, crc32c, type SeededRandom } from '@tidelog/core';
import { type BatchInput, type RecordInput } from '../batch-builder.ts';
import { crcStart } from '../batch-header.ts';

export function randomRecord(random: SeededRandom, withKey = random.below(3) > 0): RecordInput {
  const bytes = (most: number): Buffer => random.bytes(random.below(most));
  const headers = Array.from({ length: random.below(8) === 0 ? random.below(4) : 0 }, () => ({
    key: bytes(80),
    value: random.below(3) === 0 ? null : bytes(80),
  }));
  const timestamp = 1_700_000_000_000 + random.below(random.below(2) === 0 ? 100 : 10_000_000) - 1000;
  const long = random.below(40) === 0 ? 20_000 : 150;
  return { key: withKey ? bytes(90) : null, value: random.below(9) === 0 ? null : bytes(long), timestamp, headers };
}

export function randomBatch(random: SeededRandom, most = 40): BatchInput & { readonly records: RecordInput[] } {
  const records = Array.from({ length: 1 + random.below(most) }, () => randomRecord(random));
  return { records };
}

/** The same bytes in pieces of at most `most`, each with memory of its own. */
export function inPieces(bytes: Buffer, random: SeededRandom, most: number): Chunks {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + random.below(most);
    pieces.push(Buffer.from(bytes.subarray(at, at + length)));
    at += length;
  }
  return Chunks.from(pieces);
}

/** The same bytes in two pieces. */
export function cutAt(bytes: Buffer, at: number): Chunks {
  return Chunks.of(Buffer.from(bytes.subarray(0, at)), Buffer.from(bytes.subarray(at)));
}

/** A copy that was changed and whose length and crc were then made right again. */
export function forged(batch: Buffer, change: (copy: Buffer) => Buffer | void): Buffer {
  const copy = Buffer.from(batch);
  const changed = change(copy) ?? copy;
  if (changed !== copy || changed.readInt32BE(8) === batch.readInt32BE(8)) changed.writeInt32BE(changed.length - 12, 8);
  changed.writeUInt32BE(crc32c(changed.subarray(crcStart)), 17);
  return changed;
}
