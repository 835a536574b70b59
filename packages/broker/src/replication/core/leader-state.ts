/**
 * A led partition: followers' progress, in-sync set, high watermark and who waits for it. One exists per leadership, so
 * nothing of an older epoch can leak into a newer one.
 *
 * High watermark (KIP-101, KIP-497, KIP-966): the least log end over the maximal ISR and over replicas that are about
 * to join it; it never goes back, and stands still while the committed ISR is smaller than min.insync.replicas.
 */
import type { Millis } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { FollowerProgress } from './follower-progress.ts';
import { InSyncSet } from './in-sync-set.ts';
import { ParkedAppends } from './parked-appends.ts';
import type {
  BrokerView,
  FollowerFetch,
  IsrAnswer,
  IsrProposal,
  LogPosition,
  LowWatermarkWaiter,
  PartitionAssignment,
  PartitionEffect,
} from './partition-events.ts';

export interface LeaderOptions {
  readonly localId: number;
  readonly localEpoch: () => number;
  /** Whether a leadership of the local broker may be served on now. */
  readonly mayLead: () => boolean;
  readonly brokers: BrokerView;
  readonly replicaLagTimeMaxMs: Millis;
}

export interface LeaderContext {
  readonly options: LeaderOptions;
  readonly minInsyncReplicas: number;
  readonly now: Millis;
  /** Its own leadership in the epoch before, if it led then. */
  readonly previous: LeaderState | undefined;
}

export class LeaderState {
  readonly leaderEpoch: number;
  readonly epochStartOffset: number;
  readonly inSync: InSyncSet;
  readonly followers = new Map<number, FollowerProgress>();
  highWatermark: number;
  logEndOffset: number;
  logStartOffset: number;
  partitionEpoch: number;
  #recovering: boolean;
  #replicationFactor: number;
  #minInsyncReplicas: number;
  readonly #options: LeaderOptions;
  readonly #writes: ParkedAppends;
  readonly #commits: ParkedAppends;
  #deletes: { readonly offset: number; readonly waiter: LowWatermarkWaiter }[];

  constructor(assignment: PartitionAssignment, log: LogPosition, context: LeaderContext) {
    // Who waited for this leader under its previous epoch still waits: the records are where they were.
    const { previous } = context;
    this.#writes = previous === undefined ? new ParkedAppends() : previous.#writes;
    this.#commits = previous === undefined ? new ParkedAppends() : previous.#commits;
    this.#deletes = previous === undefined ? [] : previous.#deletes;
    this.#options = context.options;
    this.#minInsyncReplicas = context.minInsyncReplicas;
    this.leaderEpoch = assignment.leaderEpoch;
    this.partitionEpoch = assignment.partitionEpoch;
    this.#recovering = assignment.recovering;
    this.#replicationFactor = assignment.replicas.length;
    this.inSync = new InSyncSet(assignment.isr);
    this.epochStartOffset = log.nextOffset ?? log.logEndOffset;
    this.highWatermark = log.highWatermark;
    this.logEndOffset = log.logEndOffset;
    this.logStartOffset = log.logStartOffset;
    this.#trackFollowers(assignment, context.now);
  }

  /** The first step of a leadership. */
  begin(now: Millis, out: PartitionEffect[]): void {
    this.reviewIsr(now, out);
    this.#release(out);
  }

  /** The same leader with another ISR or other replicas. Older news than what is known is ignored. */
  reassign(assignment: PartitionAssignment, now: Millis, out: PartitionEffect[]): void {
    if (assignment.partitionEpoch <= this.partitionEpoch) return;
    this.partitionEpoch = assignment.partitionEpoch;
    this.#recovering = assignment.recovering;
    this.#replicationFactor = assignment.replicas.length;
    this.inSync.commit(assignment.isr);
    this.#trackFollowers(assignment, now);
    this.#afterIsrChange(now, out);
  }

  configure(minInsyncReplicas: number, now: Millis, out: PartitionEffect[]): void {
    this.#minInsyncReplicas = minInsyncReplicas;
    this.#advance(now, out);
  }

  /** min.insync.replicas, but never more than there are replicas. */
  get effectiveMinInsyncReplicas(): number {
    return Math.min(this.#minInsyncReplicas, this.#replicationFactor);
  }

  /** Whether acks=all may be accepted now. */
  get hasEnoughReplicas(): boolean {
    return this.inSync.committed.length >= this.effectiveMinInsyncReplicas;
  }

  onAppended(logEndOffset: number, now: Millis, out: PartitionEffect[]): void {
    for (const follower of this.followers.values()) follower.onLeaderAppended(this.logEndOffset, now);
    this.logEndOffset = logEndOffset;
    this.#advance(now, out);
    if (this.#writes.size > 0) releaseUpTo(this.#writes, { offset: logEndOffset, error: ErrorCode.NONE }, out);
  }

  park(parked: { requiredOffset: number; acks: 1 | -1; waiter: ParkedWaiter }, out: PartitionEffect[]): void {
    const queue = parked.acks === 1 ? this.#writes : this.#commits;
    const passed = parked.acks === 1 ? this.logEndOffset : this.highWatermark;
    queue.park(parked.requiredOffset, parked.waiter);
    if (parked.requiredOffset <= passed) this.#release(out);
  }

  onFetched(fetch: FollowerFetch, now: Millis, out: PartitionEffect[]): void {
    const follower = this.followers.get(fetch.replicaId);
    if (follower === undefined) return;
    const previousEnd = follower.logEndOffset;
    const previousStart = follower.logStartOffset;
    follower.onFetched(fetch, this.logEndOffset, now);
    if (!this.inSync.maximal.includes(fetch.replicaId)) this.#proposeExpansion(now, out);
    if (follower.logEndOffset !== previousEnd) this.#advance(now, out);
    if (follower.logStartOffset !== previousStart) this.#releaseDeletes(out);
  }

  moveLogStart(logStartOffset: number, out: PartitionEffect[]): void {
    this.logStartOffset = logStartOffset;
    this.#releaseDeletes(out);
  }

  parkDelete(offset: number, waiter: LowWatermarkWaiter, out: PartitionEffect[]): void {
    this.#deletes.push({ offset, waiter });
    this.#releaseDeletes(out);
  }

  onIsrAnswered(answer: IsrAnswer, now: Millis, out: PartitionEffect[]): void {
    if (this.inSync.pending !== answer.proposal) return;
    switch (answer.error) {
      case ErrorCode.NONE:
        if (answer.leaderEpoch !== this.leaderEpoch || answer.partitionEpoch < this.partitionEpoch) return;
        this.partitionEpoch = answer.partitionEpoch;
        this.#recovering = answer.recovering;
        this.inSync.commit(answer.isr);
        this.#afterIsrChange(now, out);
        return;
      case ErrorCode.INELIGIBLE_REPLICA:
      case ErrorCode.OPERATION_NOT_ATTEMPTED:
        this.inSync.revert();
        this.#advance(now, out);
        return;
      case ErrorCode.FENCED_LEADER_EPOCH:
      case ErrorCode.INVALID_UPDATE_VERSION:
      case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
      case ErrorCode.UNKNOWN_TOPIC_ID:
      case ErrorCode.INVALID_REQUEST:
      case ErrorCode.NEW_LEADER_ELECTED:
        // The metadata log will say what holds; until then the maximal set stays.
        return;
      default:
        out.push({ type: 'alterIsr', proposal: answer.proposal });
    }
  }

  /** Looks for members that lag, and for replicas that have caught up. */
  reviewIsr(now: Millis, out: PartitionEffect[]): void {
    this.#proposeRecovered(out);
    this.#proposeShrink(now, out);
    this.#proposeExpansion(now, out);
    this.#advance(now, out);
    this.#releaseDeletes(out);
  }

  /** Nobody is answered by this leadership any more. */
  releaseAll(error: ErrorCode, out: PartitionEffect[]): void {
    releaseUpTo(this.#writes, { offset: Infinity, error }, out);
    releaseUpTo(this.#commits, { offset: Infinity, error }, out);
    const deletes = this.#deletes;
    this.#deletes = [];
    for (const { waiter } of deletes) out.push({ type: 'releaseDelete', waiter, error, lowWatermark: -1 });
  }

  #trackFollowers(assignment: PartitionAssignment, now: Millis): void {
    for (const id of this.followers.keys()) if (!assignment.replicas.includes(id)) this.followers.delete(id);
    for (const id of assignment.replicas) {
      if (id === this.#options.localId || this.followers.has(id)) continue;
      const lastCaughtUpMs = assignment.isr.includes(id) ? now : -Infinity;
      this.followers.set(id, new FollowerProgress(id, { lastCaughtUpMs, leaderLogEndOffset: this.logEndOffset }));
    }
  }

  #afterIsrChange(now: Millis, out: PartitionEffect[]): void {
    this.#advance(now, out);
    this.#release(out);
    this.#proposeRecovered(out);
    this.#proposeExpansion(now, out);
  }

  #advance(now: Millis, out: PartitionEffect[]): void {
    if (this.followers.size > 0 && !this.hasEnoughReplicas) return;
    let candidate = this.logEndOffset;
    for (const follower of this.followers.values()) {
      if (follower.logEndOffset < candidate && this.#waitsFor(follower, now)) candidate = follower.logEndOffset;
    }
    if (candidate <= this.highWatermark) return;
    this.highWatermark = candidate;
    out.push({ type: 'advanceHighWatermark', highWatermark: candidate });
    this.#release(out);
  }

  #waitsFor(follower: FollowerProgress, now: Millis): boolean {
    if (this.inSync.maximal.includes(follower.brokerId)) return true;
    if (!follower.isCaughtUp(this.logEndOffset, now, this.#options.replicaLagTimeMaxMs)) return false;
    return this.#isEligible(follower);
  }

  #isEligible(follower: FollowerProgress): boolean {
    const { brokers } = this.#options;
    if (!brokers.isEligible(follower.brokerId)) return false;
    return follower.brokerEpoch === -1 || follower.brokerEpoch === brokers.epochOf(follower.brokerId);
  }

  #proposeShrink(now: Millis, out: PartitionEffect[]): void {
    if (this.inSync.pending !== undefined) return;
    const { localId, replicaLagTimeMaxMs } = this.#options;
    const kept = this.inSync.committed.filter((id) => {
      if (id === localId) return true;
      return this.followers.get(id)?.isCaughtUp(this.logEndOffset, now, replicaLagTimeMaxMs) ?? false;
    });
    if (kept.length < this.inSync.committed.length) this.#propose(kept, out);
  }

  #proposeExpansion(now: Millis, out: PartitionEffect[]): void {
    if (this.inSync.pending !== undefined || this.#recovering) return;
    const joining: number[] = [];
    for (const follower of this.followers.values()) {
      if (this.inSync.committed.includes(follower.brokerId)) continue;
      if (follower.logEndOffset < this.highWatermark || follower.logEndOffset < this.epochStartOffset) continue;
      if (!follower.isActive(this.logEndOffset, now, this.#options.replicaLagTimeMaxMs)) continue;
      if (this.#isEligible(follower)) joining.push(follower.brokerId);
    }
    if (joining.length > 0) this.#propose([...this.inSync.committed, ...joining], out);
  }

  /** After an unclean election the leader's log is the truth at once (KIP-704). */
  #proposeRecovered(out: PartitionEffect[]): void {
    if (this.#recovering && this.inSync.pending === undefined) this.#propose(this.inSync.committed, out);
  }

  #propose(isr: readonly number[], out: PartitionEffect[]): void {
    const { localId, localEpoch } = this.#options;
    const proposal: IsrProposal = {
      isr: isr.map((brokerId) => ({
        brokerId,
        brokerEpoch: brokerId === localId ? localEpoch() : (this.followers.get(brokerId)?.brokerEpoch ?? -1),
      })),
      leaderEpoch: this.leaderEpoch,
      partitionEpoch: this.partitionEpoch,
      recovering: false,
    };
    this.inSync.propose(proposal);
    out.push({ type: 'alterIsr', proposal });
  }

  #release(out: PartitionEffect[]): void {
    releaseUpTo(this.#writes, { offset: this.logEndOffset, error: ErrorCode.NONE }, out);
    if (this.#commits.size === 0) return;
    const enough = this.inSync.maximal.length >= this.effectiveMinInsyncReplicas;
    const error = enough ? ErrorCode.NONE : ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND;
    releaseUpTo(this.#commits, { offset: this.highWatermark, error }, out);
  }

  /** The least log start of the replicas that live; -1 while one of them has not said. */
  get lowWatermark(): number {
    let low = this.logStartOffset;
    for (const follower of this.followers.values()) {
      if (this.#options.brokers.isAlive(follower.brokerId)) low = Math.min(low, follower.logStartOffset);
    }
    return low;
  }

  #releaseDeletes(out: PartitionEffect[]): void {
    if (this.#deletes.length === 0) return;
    const { lowWatermark } = this;
    const waiting = this.#deletes;
    this.#deletes = [];
    for (const entry of waiting) {
      if (entry.waiter.settled) continue;
      if (entry.offset > lowWatermark) this.#deletes.push(entry);
      else out.push({ type: 'releaseDelete', waiter: entry.waiter, error: ErrorCode.NONE, lowWatermark });
    }
  }
}

type ParkedWaiter = Extract<PartitionEffect, { type: 'release' }>['waiter'];

function releaseUpTo(
  queue: ParkedAppends,
  passed: { readonly offset: number; readonly error: ErrorCode },
  out: PartitionEffect[],
): void {
  for (let waiter = queue.takeUpTo(passed.offset); waiter !== undefined; waiter = queue.takeUpTo(passed.offset)) {
    out.push({ type: 'release', waiter, error: passed.error });
  }
}
