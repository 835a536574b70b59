/**
 * One look at the partitions of a fetch, in order, within its byte limits. Synchronous as long as everything is in
 * memory; a read that needs the disk makes the rest of the round wait for it.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { FetchPartition } from './fetch-partition.ts';
import type { PartitionReader, PartitionResult } from './partition-reader.ts';

export interface RoundResult {
  readonly results: readonly PartitionResult[];
  readonly bytes: number;
  /** An error, a diverging epoch, a better replica or old data: nobody waits for more data. */
  readonly isUrgent: boolean;
}

export class FetchRound {
  readonly #reader: PartitionReader;
  readonly #partitions: readonly FetchPartition[];
  readonly #results: PartitionResult[] = [];
  #remaining: number;
  #bytes = 0;
  #isUrgent = false;

  constructor(reader: PartitionReader, partitions: readonly FetchPartition[], maxBytes: number) {
    this.#reader = reader;
    this.#partitions = partitions;
    this.#remaining = maxBytes;
  }

  run(): RoundResult | Promise<RoundResult> {
    return this.#from(0);
  }

  #from(start: number): RoundResult | Promise<RoundResult> {
    for (let i = start; i < this.#partitions.length; i++) {
      const partition = this.#partitions[i] as FetchPartition;
      partition.dirty = false;
      const result = this.#reader.read(partition, { maxBytes: this.#remaining, minOneBatch: this.#bytes === 0 });
      if (result instanceof Promise) {
        return result.then((late) => {
          this.#take(late);
          return this.#from(i + 1);
        });
      }
      this.#take(result);
    }
    return { results: this.#results, bytes: this.#bytes, isUrgent: this.#isUrgent };
  }

  #take(result: PartitionResult): void {
    const size = result.records.byteLength;
    this.#bytes += size;
    this.#remaining = Math.max(0, this.#remaining - size);
    if (isUrgent(result) || result.isFromDisk) this.#isUrgent = true;
    if (hasNews(result) || result.isCutShort) result.partition.dirty = true;
    this.#results.push(result);
  }
}

function isUrgent(result: PartitionResult): boolean {
  return (
    result.errorCode !== ErrorCode.NONE ||
    result.divergingEpoch !== undefined ||
    result.preferredReadReplica !== undefined
  );
}

/** Whether an incremental response has to mention the partition (KIP-227). */
export function hasNews(result: PartitionResult): boolean {
  const { partition } = result;
  return (
    result.records.byteLength > 0 ||
    isUrgent(result) ||
    result.highWatermark !== partition.sentHighWatermark ||
    result.logStartOffset !== partition.sentLogStartOffset
  );
}
