/** Record batches for tests, and what a fetch brought back. */
import { Chunks } from '@tidelog/core';
import { buildBatch, recordsOf, batchesOf, type BatchInput } from '@tidelog/protocol';

export function batchOf(values: readonly string[], options: Partial<BatchInput> = {}): Chunks {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: 1_700_000_000_000 }));
  return Chunks.of(buildBatch({ baseOffset: 0, partitionLeaderEpoch: -1, records, ...options }));
}

/** The values of all whole batches, as `offset:value`. */
export function valuesIn(records: Chunks | null): string[] {
  const values: string[] = [];
  for (const batch of batchesOf(records ?? Chunks.empty)) {
    for (const { offset, value } of recordsOf(batch.bytes)) values.push(`${offset}:${value?.toString() ?? ''}`);
  }
  return values;
}
