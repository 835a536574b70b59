/**
 * One replica of one partition, as a state machine (kafka-semantics 6). It decides; the log, the followers' fetches,
 * the controller and the waiting requests are outside.
 *
 *                assigned(leader = me, new epoch)
 *      ┌──────────────────────────────────────────────┐
 *   offline ──assigned(leader = other)──▶ follower ──▶ leader
 *      ▲                                     │  ◀──────┤ assigned(leader = other)
 *      └──────── assigned(leader = -1), logFailed ─────┘
 *
 * Epochs only grow: news of an older leader epoch changes nothing. A demoted leader answers everybody who waits with
 * NOT_LEADER_OR_FOLLOWER before it does anything else.
 */
import { unreachable, type Core, type Millis } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { LeaderState, type LeaderOptions } from './leader-state.ts';
import type {
  FollowerFetch,
  LogPosition,
  PartitionAssignment,
  PartitionEffect,
  PartitionInput,
} from './partition-events.ts';
import { preferredReadReplica, type ReadCandidate } from './preferred-read-replica.ts';

export type PartitionRole = 'leader' | 'follower' | 'offline';

export interface PartitionCoreOptions extends LeaderOptions {
  readonly minInsyncReplicas: number;
}

export class PartitionCore implements Core<PartitionInput, PartitionEffect> {
  readonly #options: PartitionCoreOptions;
  #minInsyncReplicas: number;
  #role: PartitionRole = 'offline';
  #assignment: PartitionAssignment | undefined;
  #leader: LeaderState | undefined;
  #failed = false;
  #nextReview: Millis = Infinity;

  constructor(options: PartitionCoreOptions) {
    this.#options = options;
    this.#minInsyncReplicas = options.minInsyncReplicas;
  }

  get role(): PartitionRole {
    return this.#role;
  }

  get assignment(): PartitionAssignment | undefined {
    return this.#assignment;
  }

  /** The state of the leadership, while this replica leads. */
  get leader(): LeaderState | undefined {
    return this.#leader;
  }

  get leaderEpoch(): number {
    return this.#assignment?.leaderEpoch ?? -1;
  }

  nextDeadline(): Millis {
    return this.#nextReview;
  }

  step(input: PartitionInput, now: Millis, out: PartitionEffect[]): void {
    switch (input.type) {
      case 'assigned':
        return this.#onAssigned(input, now, out);
      case 'logFailed':
        this.#failed = true;
        return this.#becomeOffline(ErrorCode.KAFKA_STORAGE_ERROR, out);
      case 'appendsLost':
        return this.#leader?.releaseAll(input.error, out);
      case 'appended':
        return this.#leader?.onAppended(input.logEndOffset, now, out);
      case 'parked':
        if (this.#leader !== undefined) return this.#leader.park(input, out);
        out.push({ type: 'release', waiter: input.waiter, error: ErrorCode.NOT_LEADER_OR_FOLLOWER });
        return;
      case 'fetched':
        return this.#leader?.onFetched(input.fetch, now, out);
      case 'logStartMoved':
        return this.#leader?.moveLogStart(input.logStartOffset, out);
      case 'deleteParked':
        return this.#leader?.parkDelete(input.offset, input.waiter, out);
      case 'isrAnswered':
        return this.#leader?.onIsrAnswered(input.answer, now, out);
      case 'configured':
        this.#minInsyncReplicas = input.minInsyncReplicas;
        return this.#leader?.configure(input.minInsyncReplicas, now, out);
      case 'brokersChanged':
        return this.#leader?.reviewIsr(now, out);
      case 'tick':
        return this.#onTick(now, out);
      default:
        return unreachable(input);
    }
  }

  /** NONE if a request with this leader epoch (-1: none said) may be served by the current one. */
  checkEpoch(currentLeaderEpoch: number): ErrorCode {
    if (currentLeaderEpoch === -1 || currentLeaderEpoch === this.leaderEpoch) return ErrorCode.NONE;
    return currentLeaderEpoch < this.leaderEpoch ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH;
  }

  /** Whether readers may be served: `leaderOnly` as by a leader. */
  mayServe({ leaderOnly }: { readonly leaderOnly: boolean }): boolean {
    if (this.#role === 'leader') return this.#options.mayLead();
    return this.#role === 'follower' && !leaderOnly;
  }

  /** NONE if the acks can be had as things stand. */
  checkAppend(acks: number): ErrorCode {
    if (this.#failed) return ErrorCode.KAFKA_STORAGE_ERROR;
    if (this.#leader === undefined || !this.#options.mayLead()) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    if (acks === -1 && !this.#leader.hasEnoughReplicas) return ErrorCode.NOT_ENOUGH_REPLICAS;
    return ErrorCode.NONE;
  }

  /** NONE if the fetch comes from a replica of this partition in its current incarnation (KIP-903). */
  checkFollower(fetch: Pick<FollowerFetch, 'replicaId' | 'replicaEpoch'>): ErrorCode {
    const follower = this.#leader?.followers.get(fetch.replicaId);
    if (follower === undefined) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    const isStale = fetch.replicaEpoch !== -1 && follower.brokerEpoch > fetch.replicaEpoch;
    return isStale ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.NONE;
  }

  /** Until the high watermark reaches its epoch's start a new leader does not know what is committed (KIP-207). */
  get knowsCommittedEnd(): boolean {
    return this.#leader === undefined || this.#leader.highWatermark >= this.#leader.epochStartOffset;
  }

  /** Where a consumer in a rack should read instead, or undefined. */
  preferredReadReplica(clientRack: string, fetchOffset: number): number | undefined {
    const leader = this.#leader;
    if (leader === undefined || clientRack === '') return undefined;
    const { brokers, localId } = this.#options;
    const others: ReadCandidate[] = [];
    for (const follower of leader.followers.values()) {
      const { brokerId, logStartOffset, logEndOffset } = follower;
      if (!leader.inSync.committed.includes(brokerId) || !brokers.isAlive(brokerId)) continue;
      others.push({ brokerId, rack: brokers.rackOf(brokerId), logStartOffset, logEndOffset });
    }
    const { logStartOffset, logEndOffset } = leader;
    const self = { brokerId: localId, rack: brokers.rackOf(localId), logStartOffset, logEndOffset };
    return preferredReadReplica({ clientRack, fetchOffset, leader: self, others });
  }

  #onAssigned(
    input: { readonly assignment: PartitionAssignment; readonly log: LogPosition },
    now: Millis,
    out: PartitionEffect[],
  ): void {
    const { assignment } = input;
    const previous = this.#assignment;
    if (previous !== undefined && assignment.leaderEpoch < previous.leaderEpoch) return;
    this.#assignment = assignment;
    if (this.#failed || assignment.leader === -1) return this.#becomeOffline(ErrorCode.NOT_LEADER_OR_FOLLOWER, out);
    const isNewEpoch = previous === undefined || assignment.leaderEpoch > previous.leaderEpoch;
    if (assignment.leader !== this.#options.localId) return this.#becomeFollower(assignment, isNewEpoch, out);
    if (isNewEpoch || this.#leader === undefined) return this.#becomeLeader(input, now, out);
    this.#leader.reassign(assignment, now, out);
  }

  #becomeLeader(
    { assignment, log }: { readonly assignment: PartitionAssignment; readonly log: LogPosition },
    now: Millis,
    out: PartitionEffect[],
  ): void {
    this.#role = 'leader';
    const leader = new LeaderState(assignment, log, {
      options: this.#options,
      minInsyncReplicas: this.#minInsyncReplicas,
      now,
      previous: this.#leader,
    });
    this.#leader = leader;
    out.push({ type: 'becomeLeader', leaderEpoch: assignment.leaderEpoch, epochStartOffset: leader.epochStartOffset });
    this.#nextReview = leader.followers.size === 0 ? Infinity : now + this.#reviewIntervalMs;
    leader.begin(now, out);
  }

  #becomeFollower(assignment: PartitionAssignment, isNewEpoch: boolean, out: PartitionEffect[]): void {
    const wasFollower = this.#role === 'follower';
    this.#endLeadership(ErrorCode.NOT_LEADER_OR_FOLLOWER, out);
    this.#role = 'follower';
    if (wasFollower && !isNewEpoch) return;
    out.push({ type: 'becomeFollower', leaderId: assignment.leader, leaderEpoch: assignment.leaderEpoch });
  }

  #becomeOffline(error: ErrorCode, out: PartitionEffect[]): void {
    const wasOffline = this.#role === 'offline';
    this.#endLeadership(error, out);
    this.#role = 'offline';
    if (!wasOffline) out.push({ type: 'goOffline' });
  }

  #endLeadership(error: ErrorCode, out: PartitionEffect[]): void {
    this.#leader?.releaseAll(error, out);
    this.#leader = undefined;
    this.#nextReview = Infinity;
  }

  #onTick(now: Millis, out: PartitionEffect[]): void {
    if (this.#leader === undefined || this.#leader.followers.size === 0) return;
    this.#nextReview = now + this.#reviewIntervalMs;
    this.#leader.reviewIsr(now, out);
  }

  get #reviewIntervalMs(): Millis {
    return this.#options.replicaLagTimeMaxMs / 2;
  }
}
