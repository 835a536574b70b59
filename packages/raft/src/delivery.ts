/**
 * Committed batches to listeners: each has a position of its own, sees every batch once and in order, and gets the
 * newest snapshot first when it is fresh or behind the log's start. What this node itself appended is handed on from
 * memory.
 *
 * What there is to hand on is handed on at once as far as a slice of time goes, the rest in later turns: ten thousand
 * records are a tenth of a second for two listeners. A batch whose listener takes it in steps counts when the last is
 * done.
 *
 * A leader change waits in line: "you lead epoch 7" comes when everything up to the LeaderChange record of epoch 7
 * has been delivered, "you do not" at once.
 */
import type { Millis, Steps, Timer, World } from '@tidelog/core';
import { batchesOf } from '@tidelog/protocol';
import type { ReadOutcome } from '@tidelog/log';
import type { OffsetAndEpoch } from './core/epoch-cache.ts';
import type { CommittedBatch, LeaderChange, RaftListener, SnapshotDue } from './raft-listener.ts';
import { committedBatch } from './storage/batch-codec.ts';
import type { MetadataLog } from './storage/metadata-log.ts';
import type { SnapshotStore } from './storage/snapshot-store.ts';

const readBytes = 1 << 20;
const sliceMs: Millis = 5;

export interface DeliveryOptions {
  readonly world: Pick<World, 'clock' | 'timers'>;
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
  /** What was read and is not handed on yet. */
  batches: ReadBatches | undefined;
  /** What the listener has left to do about the batch before `nextOffset`. */
  steps: Steps | undefined;
  /** A leadership that waits for the batches before it. */
  pending: (LeaderChange & { readonly epochStartOffset: number }) | undefined;
}

interface ReadBatches {
  readonly from: number;
  readonly rest: ReturnType<typeof batchesOf>;
}

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #subscriptions = new Set<Subscription>();
  /** Own batches that are not delivered to everybody yet, by base offset. */
  readonly #recent = new Map<number, CommittedBatch>();
  #leader: (LeaderChange & { readonly epochStartOffset: number }) | undefined;
  /** The next slice; until then nothing is handed on. */
  #later: Timer | undefined;

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
      batches: undefined,
      steps: undefined,
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

  /** Brings every listener as far as possible: now as far as the slice goes. */
  pump(): void {
    const until = this.#sliceEnd();
    for (const subscription of this.#subscriptions) this.#pump(subscription, until);
    this.#forgetDelivered();
  }

  /** Nothing more is handed on. */
  stop(): void {
    this.#later?.cancel();
    for (const subscription of this.#subscriptions) subscription.isEnded = true;
    this.#subscriptions.clear();
    this.#recent.clear();
  }

  #sliceEnd(): Millis {
    return this.#options.world.clock.monotonic() + sliceMs;
  }

  #pump(subscription: Subscription, until: Millis): void {
    if (subscription.isReading) return;
    try {
      for (;;) {
        if (subscription.isEnded) return;
        this.#announce(subscription);
        if (this.#later !== undefined) return;
        const outcome = this.#advance(subscription);
        if (outcome === 'done') return;
        if (outcome === 'again') {
          if (this.#options.world.clock.monotonic() >= until) this.#goOnLater();
          continue;
        }
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

  #goOnLater(): void {
    this.#later = this.#options.world.timers.after(0, () => {
      this.#later = undefined;
      this.pump();
    });
  }

  #onRead(subscription: Subscription, outcome: ReadOutcome): void {
    subscription.isReading = false;
    if (subscription.isEnded) return;
    try {
      this.#take(subscription, outcome);
    } catch (error) {
      this.#options.onError(error);
      return;
    }
    this.#pump(subscription, this.#sliceEnd());
    this.#forgetDelivered();
  }

  #advance(subscription: Subscription): 'done' | 'again' | Promise<ReadOutcome> {
    const { steps, batches } = subscription;
    if (steps !== undefined) {
      if (steps.next().done === true) subscription.steps = undefined;
      return 'again';
    }
    if (batches !== undefined) return this.#handOnNext(subscription, batches);
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
      handOn(subscription, own);
      return 'again';
    }
    const range = { offset: subscription.nextOffset, upTo: highWatermark, maxBytes: readBytes };
    const outcome = this.#options.log.read(range);
    if (outcome instanceof Promise) return outcome;
    return this.#take(subscription, outcome) ? 'again' : 'done';
  }

  /** False when there is nothing to hand on. */
  #take(subscription: Subscription, outcome: ReadOutcome): boolean {
    if (outcome.kind === 'error') throw new Error(`committed records can not be read: ${outcome.detail}`);
    // The log's start has moved on meanwhile: the next look finds the snapshot.
    if (outcome.kind === 'outOfRange') return this.#options.position().logStartOffset > subscription.nextOffset;
    subscription.batches = { from: subscription.nextOffset, rest: batchesOf(outcome.records) };
    return true;
  }

  #handOnNext(subscription: Subscription, { from, rest }: ReadBatches): 'done' | 'again' {
    // Not for-of, which would end what is left with the first batch.
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { header, bytes } = next.value;
      if (header.lastOffset < subscription.nextOffset) continue;
      if (header.lastOffset >= this.#options.position().highWatermark) break;
      handOn(subscription, committedBatch(bytes, header));
      return 'again';
    }
    subscription.batches = undefined;
    // When there was nothing, what is committed is not written here yet.
    return subscription.nextOffset > from ? 'again' : 'done';
  }

  #announce(subscription: Subscription): void {
    const { pending } = subscription;
    if (pending === undefined) return;
    const { steps, nextOffset } = subscription;
    if (pending.isLeader && (steps !== undefined || nextOffset <= pending.epochStartOffset)) return;
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

function handOn(subscription: Subscription, batch: CommittedBatch): void {
  subscription.nextOffset = batch.lastOffset + 1;
  subscription.steps = subscription.listener.onCommitted(batch) ?? undefined;
}
