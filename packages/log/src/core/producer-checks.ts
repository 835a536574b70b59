/**
 * Whether a batch of an idempotent or transactional producer may be appended. Order of the checks: repetition (asked by
 * the caller), transaction verification (KIP-890), epoch, sequence. A producer that the partition has never seen, or
 * has forgotten, may begin with any sequence. UNKNOWN_PRODUCER_ID is never the answer, and neither is
 * DUPLICATE_SEQUENCE_NUMBER, which clients take for an acknowledgement: that a sequence is below the last one does not
 * say that it was ever stored, because what came before it may have been refused.
 */
import { ErrorCode, type BatchHeader } from '@tidelog/protocol';
import type { VerificationGuard } from './outcomes.ts';
import { isNextSequence, lastSequenceOf, type ProducerEntry, type TransactionMarker } from './producer-entry.ts';

export interface Refusal {
  readonly error: ErrorCode;
  readonly detail: string;
}

/** A transaction that the coordinator has been asked about and that has no batch in the log yet. */
export interface Verification {
  readonly guard: VerificationGuard;
  readonly lowestSequence: number;
  readonly producerEpoch: number;
  readonly supportsEpochBump: boolean;
  readonly startedAt: number;
}

export interface BatchContext {
  readonly entry: ProducerEntry | undefined;
  readonly verification: Verification | undefined;
  /** Only a client's sequences are checked. */
  readonly checkSequence: boolean;
}

export function checkDataBatch(header: BatchHeader, context: BatchContext): Refusal | undefined {
  const { entry } = context;
  if (entry !== undefined && header.producerEpoch < entry.producerEpoch) {
    return refusal(ErrorCode.INVALID_PRODUCER_EPOCH, header, `epoch is below the log's ${entry.producerEpoch}`);
  }
  const wrong = context.checkSequence ? checkSequence(header, context) : undefined;
  if (wrong !== undefined) return wrong;
  if (entry !== undefined && entry.currentTxnFirstOffset >= 0 && !header.isTransactional) {
    return refusal(ErrorCode.INVALID_TXN_STATE, header, 'a batch outside the transaction that is open');
  }
  return undefined;
}

function checkSequence(header: BatchHeader, { entry, verification }: BatchContext): Refusal | undefined {
  const first = header.baseSequence;
  if (verification !== undefined && first > verification.lowestSequence) {
    return outOfOrder(header, `sequence ${first} is above ${verification.lowestSequence}, which is being verified`);
  }
  if (entry === undefined) {
    if (verification?.supportsEpochBump !== true || first === 0) return undefined;
    return outOfOrder(header, `sequence ${first} is the first of an unknown producer; must be 0`);
  }
  if (header.producerEpoch !== entry.producerEpoch) {
    return first === 0 ? undefined : outOfOrder(header, `sequence ${first} is the first of a new epoch; must be 0`);
  }
  const last = lastSequenceOf(entry);
  return isNextSequence(last, first) ? undefined : outOfOrder(header, `sequence ${first} does not follow ${last}`);
}

/** Since transaction.version 2 each transaction has an epoch of its own, so its marker must be above the log's. */
export function checkMarker(
  header: BatchHeader,
  marker: TransactionMarker,
  log: { readonly entry: ProducerEntry | undefined; readonly transactionVersion: number },
): Refusal | undefined {
  const { entry, transactionVersion } = log;
  if (entry === undefined) return undefined;
  const isRepetition = header.producerEpoch === entry.producerEpoch && entry.currentTxnFirstOffset < 0;
  const lowest = transactionVersion >= 2 && !isRepetition ? entry.producerEpoch + 1 : entry.producerEpoch;
  if (header.producerEpoch < lowest) {
    return refusal(ErrorCode.INVALID_PRODUCER_EPOCH, header, `marker's epoch is below ${lowest}`);
  }
  if (marker.coordinatorEpoch < entry.coordinatorEpoch) {
    const detail = `coordinator epoch ${marker.coordinatorEpoch} is below ${entry.coordinatorEpoch}`;
    return refusal(ErrorCode.TRANSACTION_COORDINATOR_FENCED, header, detail);
  }
  return undefined;
}

function outOfOrder(header: BatchHeader, detail: string): Refusal {
  return refusal(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, header, detail);
}

function refusal(error: ErrorCode, header: BatchHeader, detail: string): Refusal {
  return { error, detail: `producer ${header.producerId} epoch ${header.producerEpoch}: ${detail}` };
}
