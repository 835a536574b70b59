/**
 * What cleaning does with a batch as a whole (KIP-98, KIP-534). Records are judged one by one by RecordFilter; here is
 * what else keeps a batch or lets it go: transactions, delete horizons, the producers' last sequences, the range's
 * end.
 */
import type { BatchHeader } from '@tidelog/protocol';
import type { ProducerEntry } from '../producer-entry.ts';
import { lastOffsetOf } from '../producer-entry.ts';

/** The last thing in the log that a producer's state hangs on. */
export interface LastOfProducer {
  /** Of its data; -1 when only a marker is left. */
  readonly lastDataOffset: number;
  readonly producerEpoch: number;
}

export interface BatchFacts {
  /** Data of an aborted transaction, or a marker of which no data is left. */
  readonly isRemovable: boolean;
  /** Its last offset is the last one before the next segment: it stays, so that no gap lies between two segments. */
  readonly isLastOfGroup: boolean;
  readonly lastOfProducer: LastOfProducer | undefined;
}

export interface BatchFate {
  /** Whether the records are looked at one by one, kept all, or dropped all. */
  readonly records: 'filter' | 'keep' | 'drop';
  /** A batch without records is written all the same. */
  readonly keepEmpty: boolean;
  /** Gets a delete horizon if it has none, as a tombstone does. */
  readonly needsHorizon: boolean;
}

export function decideFate(header: BatchHeader, facts: BatchFacts, wallNow: number): BatchFate {
  const keepEmpty = facts.isLastOfGroup || isLastOfProducer(header, facts.lastOfProducer);
  if (!header.isControl) return { records: facts.isRemovable ? 'drop' : 'filter', keepEmpty, needsHorizon: false };
  const expired = header.recordCount === 0 || hasPassedHorizon(header, wallNow);
  const records = facts.isRemovable && expired ? 'drop' : 'keep';
  return { records, keepEmpty, needsHorizon: facts.isRemovable };
}

/** Whether the tombstones of a batch may go. */
export function hasPassedHorizon(header: BatchHeader, wallNow: number): boolean {
  return header.hasDeleteHorizon && header.baseTimestamp <= wallNow;
}

export function lastsOfProducers(entries: Iterable<ProducerEntry>): Map<number, LastOfProducer> {
  const lasts = new Map<number, LastOfProducer>();
  for (const entry of entries) {
    lasts.set(entry.producerId, { lastDataOffset: lastOffsetOf(entry), producerEpoch: entry.producerEpoch });
  }
  return lasts;
}

/** The last sequence of a producer that is still known, or the epoch that its last marker tells. */
function isLastOfProducer(header: BatchHeader, last: LastOfProducer | undefined): boolean {
  if (last === undefined || !header.hasProducerId) return false;
  if (last.lastDataOffset >= 0) return header.lastOffset === last.lastDataOffset;
  return header.isControl && header.producerEpoch === last.producerEpoch;
}
