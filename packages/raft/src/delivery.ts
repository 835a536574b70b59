/**
 * Committed batches to listeners: each has a position of its own, sees every batch once and in order, and gets the
 * newest snapshot first when it is fresh or behind the log's start. What this node itself appended is handed on from
 * memory.
 *
 * A leader change waits in line: "you lead epoch 7" comes when everything up to the LeaderChange record of epoch 7
 * has been delivered, "you do not" at once.
 */
import { batchesOf } from '@tidelog/protocol';
import type { ReadOutcome } from '@tidelog/log';
import type { OffsetAndEpoch } from './core/epoch-cache.ts';
import type { CommittedBatch, LeaderChange, RaftListener, SnapshotDue } from './raft-listener.ts';
import { committedBatch } from './storage/batch-codec.ts';
import type { MetadataLog } from './storage/metadata-log.ts';
import type { SnapshotStore } from './storage/snapshot-store.ts';

const readBytes = 1 << 20;

export interface DeliveryOptions {
  readonly log: Pick<MetadataLog, 'read'>;
  readonly snapshots: Pick<SnapshotStore, 'reader'>;
  readonly position: () => { readonly highWatermark: number; readonly logStartOffset: number };
  readonly latestSnapshot: () => OffsetAndEpoch | undefined;
  readonly onError: (error: unknown) => void;
}

interface Subscription {
  readonly listener: RaftListener;
  nextOffset: number;
  /** Nothing was delivered yet. */
  isFresh: boolean;
  isReading: boolean;
  isEnded: boolean;
  /** A leadership that waits for the batches before it. */
  pending: (LeaderChange & { readonly epochStartOffset: number }) | undefined;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #subscriptions = new Set<Subscription>();
  /** Own batches that are not delivered to everybody yet, by base offset. */
  readonly #recent = new Map<number, CommittedBatch>();
  #leader: (LeaderChange & { readonly epochStartOffset: number }) | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  subscribe(listener: RaftListener): () => void {
    const subscription: Subscription = {
      listener,
      nextOffset: 0,
      isFresh: true,
      isReading: false,
      isEnded: false,
      pending: this.#leader,
    };
    this.#subscriptions.add(subscription);
    return () => {
      subscription.isEnded = true;
      this.#subscriptions.delete(subscription);
    };
  }

  /** A batch that this node appended as the leader: it need not be read back. */
  remember(batch: CommittedBatch): void {
    if (this.#subscriptions.size > 0) this.#recent.set(batch.baseOffset, batch);
  }

  forgetFrom(endOffset: number): void {
    for (const baseOffset of this.#recent.keys()) if (baseOffset >= endOffset) this.#recent.delete(baseOffset);
  }

  onLeader(change: LeaderChange & { readonly epochStartOffset: number }): void {
    this.#leader = change;
    for (const subscription of this.#subscriptions) subscription.pending = change;
    this.pump();
  }

  onSnapshotDue(due: SnapshotDue): void {
    for (const { listener } of this.#subscriptions) listener.onSnapshotDue?.(due);
  }

  /** Brings every listener as far as possible. */
  pump(): void {
    for (const subscription of this.#subscriptions) this.#pump(subscription);
    this.#forgetDelivered();
  }

  #pump(subscription: Subscription): void {
    if (subscription.isReading) return;
    try {
      for (;;) {
        if (subscription.isEnded) return;
        this.#announce(subscription);
        const outcome = this.#advance(subscription);
        if (outcome === 'done') return;
        if (outcome === 'again') continue;
        subscription.isReading = true;
        void outcome.then(
          (read) => this.#onRead(subscription, read),
          (error: unknown) => this.#options.onError(error),
        );
        return;
      }
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #onRead(subscription: Subscription, outcome: ReadOutcome): void {
    subscription.isReading = false;
    try {
      if (!subscription.isEnded) this.#deliver(subscription, outcome);
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    this.#pump(subscription);
    this.#forgetDelivered();
  }

  #advance(subscription: Subscription): 'done' | 'again' | Promise<ReadOutcome> {
    const { highWatermark, logStartOffset } = this.#options.position();
    if (subscription.isFresh || subscription.nextOffset < logStartOffset) {
      const snapshot = this.#options.latestSnapshot();
      const behind = subscription.nextOffset < logStartOffset;
      if (snapshot === undefined && behind) return 'done';
      subscription.isFresh = false;
      if (snapshot !== undefined) {
        subscription.nextOffset = snapshot.offset;
        subscription.listener.onSnapshot(this.#options.snapshots.reader(snapshot));
        return 'again';
      }
    }
    if (subscription.nextOffset >= highWatermark) return 'done';
    const own = this.#recent.get(subscription.nextOffset);
    if (own !== undefined && own.lastOffset < highWatermark) {
      subscription.nextOffset = own.lastOffset + 1;
      subscription.listener.onCommitted(own);
      return 'again';
    }
    const range = { offset: subscription.nextOffset, upTo: highWatermark, maxBytes: readBytes };
    const outcome = this.#options.log.read(range);
    if (outcome instanceof Promise) return outcome;
    return this.#deliver(subscription, outcome) ? 'again' : 'done';
  }

  /** False when there was nothing: what is committed is not written here yet. */
  #deliver(subscription: Subscription, outcome: ReadOutcome): boolean {
    if (outcome.kind === 'error') throw new Error(`committed records can not be read: ${outcome.detail}`);
    // The log's start has moved on meanwhile: the next look finds the snapshot.
    if (outcome.kind === 'outOfRange') return this.#options.position().logStartOffset > subscription.nextOffset;
    const { highWatermark } = this.#options.position();
    let delivered = false;
    for (const { header, bytes } of batchesOf(outcome.records)) {
      if (header.lastOffset < subscription.nextOffset) continue;
      if (header.lastOffset >= highWatermark || subscription.isEnded) break;
      subscription.nextOffset = header.lastOffset + 1;
      subscription.listener.onCommitted(committedBatch(bytes, header));
      delivered = true;
      this.#announce(subscription);
    }
    return delivered;
  }

  #announce(subscription: Subscription): void {
    const { pending } = subscription;
    if (pending === undefined) return;
    if (pending.isLeader && subscription.nextOffset <= pending.epochStartOffset) return;
    subscription.pending = undefined;
    const { leaderId, epoch, isLeader } = pending;
    subscription.listener.onLeaderChange({ leaderId, epoch, isLeader });
  }

  #forgetDelivered(): void {
    if (this.#recent.size === 0) return;
    let least = Infinity;
    for (const { nextOffset } of this.#subscriptions) least = Math.min(least, nextOffset);
    for (const baseOffset of this.#recent.keys()) {
      if (baseOffset >= least) return;
      this.#recent.delete(baseOffset);
    }
  }
}
