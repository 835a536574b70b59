/**
 * What a partition remembers of one producer: its epoch, its last five batches, its open transaction. Values are never
 * changed, only replaced, so that an append whose write fails is undone by putting the old value back.
 */
import type { BatchHeader } from '@tidelog/protocol';

/** How many batches a repetition is recognised by; no client has more than five requests in flight. */
const cachedBatches = 5;
const sequenceMax = 0x7fff_ffff;

export interface CachedBatch {
  readonly lastSequence: number;
  readonly lastOffset: number;
  /** lastOffset - firstOffset, and the same between the sequences. */
  readonly offsetDelta: number;
  readonly timestamp: number;
}

export interface ProducerEntry {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1 before the first marker. */
  readonly coordinatorEpoch: number;
  readonly lastTimestamp: number;
  /** -1 when no transaction is open. */
  readonly currentTxnFirstOffset: number;
  /** Oldest first, at most five, all of this epoch. */
  readonly batches: readonly CachedBatch[];
}

export function lastSequenceOf(entry: ProducerEntry): number {
  return entry.batches.at(-1)?.lastSequence ?? -1;
}

export function lastOffsetOf(entry: ProducerEntry): number {
  return entry.batches.at(-1)?.lastOffset ?? -1;
}

/** The cached batch that has exactly these sequences in this epoch. */
export function findDuplicate(entry: ProducerEntry, header: BatchHeader): CachedBatch | undefined {
  if (entry.producerEpoch !== header.producerEpoch) return undefined;
  const { lastSequence, lastOffsetDelta } = header;
  return entry.batches.find((batch) => batch.lastSequence === lastSequence && batch.offsetDelta === lastOffsetDelta);
}

/** Whether a sequence follows another; 0 follows 2^31-1. */
export function isNextSequence(last: number, next: number): boolean {
  return next === last + 1 || (next === 0 && last === sequenceMax);
}

/** The entry after a data batch at an offset. A new epoch forgets the batches of the old one. */
export function withBatch(entry: ProducerEntry | undefined, header: BatchHeader, firstOffset: number): ProducerEntry {
  const lastOffset = firstOffset + header.lastOffsetDelta;
  const batch: CachedBatch = {
    lastSequence: header.lastSequence,
    lastOffset,
    offsetDelta: header.lastOffsetDelta,
    timestamp: header.maxTimestamp,
  };
  const known = entry?.producerEpoch === header.producerEpoch ? entry.batches : [];
  const open = entry?.currentTxnFirstOffset ?? -1;
  return {
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    coordinatorEpoch: entry?.coordinatorEpoch ?? -1,
    lastTimestamp: header.maxTimestamp,
    currentTxnFirstOffset: open < 0 && header.isTransactional ? firstOffset : open,
    batches: known.length < cachedBatches ? [...known, batch] : [...known.slice(1), batch],
  };
}

export interface TransactionMarker {
  readonly type: 'commit' | 'abort';
  readonly coordinatorEpoch: number;
}

/** The entry after the marker that ends its transaction. */
export function withMarker(
  entry: ProducerEntry | undefined,
  header: BatchHeader,
  marker: TransactionMarker,
): ProducerEntry {
  return {
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    coordinatorEpoch: marker.coordinatorEpoch,
    lastTimestamp: header.maxTimestamp,
    currentTxnFirstOffset: -1,
    batches: entry?.producerEpoch === header.producerEpoch ? entry.batches : [],
  };
}
