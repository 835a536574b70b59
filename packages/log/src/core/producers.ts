/**
 * The producers of one partition: who has appended what, which transactions are open, and how far a reader of committed
 * data may read. Owns no file; a snapshot of it is written at each roll and each clean stop.
 *
 *   batch ─▶ entry (last five batches)        lastStableOffset = first offset of the oldest transaction that is open,
 *   first transactional batch ─▶ open ─▶ marker ─▶ ended ─▶ high watermark passes the marker ─▶ forgotten
 *                                └─────── both hold the last stable offset back ───────┘
 *
 * Accepted batches are remembered before they are written; `revertTo` takes back those whose write failed.
 */
import { ErrorCode, type BatchHeader } from '@tidelog/protocol';
import type { AppendOrigin, ProducerState, VerificationGuard } from './outcomes.ts';
import { checkDataBatch, checkMarker, type Refusal, type Verification } from './producer-checks.ts';
import {
  findDuplicate,
  lastOffsetOf,
  lastSequenceOf,
  withBatch,
  withMarker,
  type CachedBatch,
  type ProducerEntry,
  type TransactionMarker,
} from './producer-entry.ts';

export interface OpenTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** A transaction whose marker is in the log. */
export interface EndedTransaction extends OpenTransaction {
  /** The marker's offset. */
  readonly lastOffset: number;
  readonly aborted: boolean;
  /** The last stable offset once this transaction is over, for the transaction index. */
  readonly lastStableOffset: number;
}

interface Undo {
  readonly offset: number;
  readonly producerId: number;
  readonly entry: ProducerEntry | undefined;
}

export interface ProducerChecks {
  readonly origin: AppendOrigin;
  readonly verificationGuard: VerificationGuard | undefined;
  /** The first batch of a transaction needs the guard. */
  readonly verificationRequired: boolean;
  readonly transactionVersion: number;
  /** Present for a transaction marker. */
  readonly marker: TransactionMarker | undefined;
}

export class Producers {
  readonly #entries = new Map<number, ProducerEntry>();
  readonly #verifications = new Map<number, Verification>();
  /** By first offset, ascending. */
  #open: OpenTransaction[] = [];
  /** Ended, but the high watermark has not passed the marker; by first offset, ascending. */
  #ended: EndedTransaction[] = [];
  #undo: Undo[] = [];
  /** The highest offset that changed anything here; -1 when nothing has. */
  #lastChange = -1;

  get lastChangedOffset(): number {
    return this.#lastChange;
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): Iterable<ProducerEntry> {
    return this.#entries.values();
  }

  /** The first offset that a reader of committed data must not see; undefined when no transaction holds it back. */
  get firstUnstableOffset(): number | undefined {
    const open = this.#open[0]?.firstOffset;
    const ended = this.#ended[0]?.firstOffset;
    if (open === undefined || ended === undefined) return open ?? ended;
    return Math.min(open, ended);
  }

  duplicateOf(header: BatchHeader): CachedBatch | undefined {
    const entry = this.#entries.get(header.producerId);
    return entry && findDuplicate(entry, header);
  }

  check(header: BatchHeader, checks: ProducerChecks): Refusal | undefined {
    const entry = this.#entries.get(header.producerId);
    if (checks.marker !== undefined) return checkMarker(header, checks.marker, { entry, ...checks });
    const verification = this.#verifications.get(header.producerId);
    if (checks.verificationRequired && header.isTransactional && !this.#hasOpenTransaction(header)) {
      if (verification === undefined || verification.guard !== checks.verificationGuard) {
        const detail = `producer ${header.producerId} epoch ${header.producerEpoch}: the transaction is not verified`;
        return { error: ErrorCode.INVALID_TXN_STATE, detail };
      }
    }
    return checkDataBatch(header, { entry, verification, checkSequence: checks.origin === 'client' });
  }

  /** Takes note of a data batch that was accepted at an offset. */
  onBatch(header: BatchHeader, firstOffset: number): void {
    const before = this.#entries.get(header.producerId);
    const after = withBatch(before, header, firstOffset);
    this.#put(after, before, firstOffset);
    if (after.currentTxnFirstOffset === firstOffset && (before?.currentTxnFirstOffset ?? -1) < 0) {
      this.#open.push({ producerId: header.producerId, firstOffset });
      this.#verifications.delete(header.producerId);
    }
  }

  /** Takes note of a marker; answers the transaction it ended, if one was open. */
  onMarker(header: BatchHeader, marker: TransactionMarker, offset: number): EndedTransaction | undefined {
    const before = this.#entries.get(header.producerId);
    this.#put(withMarker(before, header, marker), before, offset);
    this.#verifications.delete(header.producerId);
    const firstOffset = before?.currentTxnFirstOffset ?? -1;
    if (firstOffset < 0) return undefined;
    this.#open = this.#open.filter((transaction) => transaction.firstOffset !== firstOffset);
    const ended: EndedTransaction = {
      producerId: header.producerId,
      firstOffset,
      lastOffset: offset,
      aborted: marker.type === 'abort',
      lastStableOffset: this.#open[0]?.firstOffset ?? offset + 1,
    };
    const at = this.#ended.findIndex((other) => other.firstOffset > firstOffset);
    this.#ended.splice(at < 0 ? this.#ended.length : at, 0, ended);
    return ended;
  }

  /** Ended transactions whose marker is replicated no longer hold the last stable offset back. */
  onHighWatermark(highWatermark: number): void {
    if (this.#ended.length === 0) return;
    this.#ended = this.#ended.filter((transaction) => transaction.lastOffset >= highWatermark);
  }

  /** Batches below the offset are written and will not be taken back. */
  onWritten(offset: number): void {
    const undo = this.#undo;
    if (undo.length === 0) return;
    const last = undo.at(-1);
    if (last !== undefined && last.offset < offset) this.#undo = [];
    else this.#undo = undo.filter((one) => one.offset >= offset);
  }

  /** Takes back every batch at and above the offset; only such as were not reported written. */
  revertTo(offset: number): void {
    for (let last = this.#undo.at(-1); last !== undefined && last.offset >= offset; last = this.#undo.at(-1)) {
      this.#undo.pop();
      if (last.entry === undefined) this.#entries.delete(last.producerId);
      else this.#entries.set(last.producerId, last.entry);
    }
    this.#ended = this.#ended.filter((transaction) => transaction.lastOffset < offset);
    this.#findOpen();
  }

  /** Replaces everything by what a snapshot holds. */
  load(entries: Iterable<ProducerEntry>): void {
    this.clear();
    for (const entry of entries) {
      this.#entries.set(entry.producerId, entry);
      this.#lastChange = Math.max(this.#lastChange, lastOffsetOf(entry));
    }
    this.#findOpen();
  }

  clear(): void {
    this.#entries.clear();
    this.#verifications.clear();
    this.#open = [];
    this.#ended = [];
    this.#undo = [];
    this.#lastChange = -1;
  }

  /** Forgets producers that were silent for so long, unless a transaction of theirs is open. */
  expire(wallNow: number, expirationMs: number): void {
    for (const { producerId, currentTxnFirstOffset, lastTimestamp } of this.#entries.values()) {
      if (currentTxnFirstOffset < 0 && wallNow - lastTimestamp >= expirationMs) this.#entries.delete(producerId);
    }
    for (const [producerId, verification] of this.#verifications) {
      if (wallNow - verification.startedAt >= expirationMs) this.#verifications.delete(producerId);
    }
  }

  /** A guard for the first batch of a transaction; undefined when one of this producer is open already (KIP-890). */
  startVerification(batch: VerificationStart): VerificationGuard | undefined {
    const { producerId, producerEpoch, baseSequence, supportsEpochBump, wallNow } = batch;
    const entry = this.#entries.get(producerId);
    if (entry?.producerEpoch === producerEpoch && entry.currentTxnFirstOffset >= 0) return undefined;
    const known = this.#verifications.get(producerId);
    const same = known?.producerEpoch === producerEpoch ? known : undefined;
    const verification: Verification = {
      guard: same?.guard ?? { producerId },
      lowestSequence: Math.min(baseSequence, same?.lowestSequence ?? Infinity),
      producerEpoch,
      supportsEpochBump,
      startedAt: same?.startedAt ?? wallNow,
    };
    this.#verifications.set(producerId, verification);
    return verification.guard;
  }

  describe(): ProducerState[] {
    return [...this.#entries.values()].map((entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: lastSequenceOf(entry),
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnStartOffset: entry.currentTxnFirstOffset,
    }));
  }

  #hasOpenTransaction(header: BatchHeader): boolean {
    const entry = this.#entries.get(header.producerId);
    return entry?.producerEpoch === header.producerEpoch && entry.currentTxnFirstOffset >= 0;
  }

  #put(entry: ProducerEntry, before: ProducerEntry | undefined, offset: number): void {
    this.#undo.push({ offset, producerId: entry.producerId, entry: before });
    this.#entries.set(entry.producerId, entry);
    this.#lastChange = offset;
  }

  #findOpen(): void {
    this.#open = [];
    for (const { producerId, currentTxnFirstOffset: firstOffset } of this.#entries.values()) {
      if (firstOffset >= 0) this.#open.push({ producerId, firstOffset });
    }
    this.#open.sort((a, b) => a.firstOffset - b.firstOffset);
  }
}

export interface VerificationStart {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly supportsEpochBump: boolean;
  readonly wallNow: number;
}
