/**
 * Follows the transactions of a log from front to back while it is cleaned: which data is aborted, and which markers
 * end a transaction of which nothing is left. Batches must be shown in the order of the log.
 *
 *   data of a transaction ─▶ seen ─▶ its marker stays (and with an abort, its entry in the transaction index)
 *   no data before the marker ─▶ the marker may go once its delete horizon has passed
 */
import type { BatchHeader } from '@tidelog/protocol';
import type { AbortedEntry } from '../transaction-index.ts';

interface Aborted {
  readonly entry: AbortedEntry;
  seen: boolean;
}

export interface MarkerFate {
  /** Nothing of its transaction is left. */
  readonly isRemovable: boolean;
  /** An entry of the transaction index that readers still need. */
  readonly aborted: AbortedEntry | undefined;
}

export class CleanedTransactions {
  /** By first offset. */
  readonly #aborted: readonly AbortedEntry[];
  #next = 0;
  readonly #ongoingAborted = new Map<number, Aborted>();
  readonly #ongoingCommitted = new Set<number>();

  constructor(aborted: readonly AbortedEntry[]) {
    this.#aborted = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether a data batch belongs to an aborted transaction. */
  onData(header: BatchHeader): boolean {
    this.#advance(header.lastOffset);
    if (!header.isTransactional) return false;
    const aborted = this.#ongoingAborted.get(header.producerId);
    if (aborted === undefined) this.#ongoingCommitted.add(header.producerId);
    else aborted.seen = true;
    return aborted !== undefined;
  }

  /** `type` is undefined for a marker that an earlier cleaning has emptied. */
  onMarker(header: BatchHeader, type: 'commit' | 'abort' | undefined): MarkerFate {
    this.#advance(header.lastOffset);
    const { producerId } = header;
    if (type === 'commit') return { isRemovable: !this.#ongoingCommitted.delete(producerId), aborted: undefined };
    if (type === undefined) return { isRemovable: true, aborted: undefined };
    const aborted = this.#ongoingAborted.get(producerId);
    this.#ongoingAborted.delete(producerId);
    return aborted?.seen === true
      ? { isRemovable: false, aborted: aborted.entry }
      : { isRemovable: true, aborted: undefined };
  }

  #advance(offset: number): void {
    for (let entry = this.#aborted[this.#next]; entry !== undefined; entry = this.#aborted[this.#next]) {
      if (entry.firstOffset > offset) return;
      this.#next++;
      this.#ongoingAborted.set(entry.producerId, { entry, seen: false });
    }
  }
}
