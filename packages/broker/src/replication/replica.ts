/**
 * One partition's replica on this broker: the log and the partition core, wired. It turns what the log and the requests
 * do into inputs and performs the effects in order. It refuses to decide: whether, when and to whom an append is
 * acknowledged is the core's business, what an append may contain is the log's.
 *
 * Effects that arise while effects are performed are queued behind them, so nobody ever sees a half-performed step.
 */
import type { Chunks, Clock } from '@tidelog/core';
import type { AppendOutcome, LogConfig, PartitionLog, ReadOutcome } from '@tidelog/log';
import { ErrorCode } from '@tidelog/protocol';
import type { PartitionCoreOptions } from './core/partition-core.ts';
import type { IsrProposal, PartitionAssignment, PartitionEffect, PartitionInput } from './core/partition-events.ts';
import { ReplicaFacts, type ReadBound, type ReplicaIdentity } from './replica-facts.ts';
import type { ReplicaAppend, ReplicaChange, ReplicaWatcher } from './replicas-types.ts';

export interface ReplicaRead {
  readonly offset: number;
  readonly maxBytes: number;
  readonly minOneBatch: boolean;
  readonly upTo: ReadBound;
}

/** What a replica asks of the broker around it. */
export interface ReplicaHost {
  readonly clock: Clock;
  onLeading(replica: Replica): void;
  onFollowing(replica: Replica, leaderId: number): void;
  /** It leads and follows no more; `leaderEpoch` is of the leadership that ended, -1 when there was none. */
  onStopped(replica: Replica, resignedEpoch: number): void;
  onIsrProposed(replica: Replica, proposal: IsrProposal): void;
  /** As a follower: everything below the offset is written and, where asked for, synced. */
  onReplicated(replica: Replica, logEndOffset: number): void;
  onLogFailed(replica: Replica, detail: string): void;
}

export interface ReplicaOptions extends ReplicaIdentity {
  /** Undefined when the directory it is assigned to is offline. */
  readonly log: PartitionLog | undefined;
  readonly core: PartitionCoreOptions;
  readonly host: ReplicaHost;
}

export class Replica extends ReplicaFacts {
  readonly #host: ReplicaHost;
  readonly #watchers = new Set<ReplicaWatcher>();
  #effects: PartitionEffect[] = [];
  #performing = false;
  #ledEpoch = -1;
  /** As a follower: the leader's high watermark, which counts once the records below it are written here. */
  #leaderHighWatermark = -1;
  #closed = false;

  constructor({ log, core, host, ...identity }: ReplicaOptions) {
    super(identity, log, core);
    this.#host = host;
    if (this.log === undefined) this.#step({ type: 'logFailed' });
    else {
      this.log.observer = {
        onAppended: (logEndOffset) => this.#onAppended(logEndOffset),
        onWritten: () => this.#notify('logEnd'),
        onFailed: (error, detail) => this.#onFailed(error, detail),
      };
    }
  }

  /** News from the metadata log. */
  assign(assignment: PartitionAssignment): void {
    const { logStartOffset, vouchedEndOffset: logEndOffset, highWatermark } = this;
    const nextOffset = this.log?.nextOffset ?? this.logEndOffset;
    this.#step({ type: 'assigned', assignment, log: { logStartOffset, logEndOffset, highWatermark, nextOffset } });
    this.#notify('state');
  }

  configure(config: LogConfig, minInsyncReplicas: number): void {
    this.log?.reconfigure(config);
    this.#step({ type: 'configured', minInsyncReplicas });
  }

  /** The decision is synchronous; the waiter hears when the acks are had. */
  append(records: Chunks, options: ReplicaAppend): AppendOutcome {
    const { acks, origin, waiter, expectedLeaderEpoch, verificationGuard, transactionVersion } = options;
    const leaderEpoch = this.core.leaderEpoch;
    const error = this.core.checkAppend(acks);
    if (error !== ErrorCode.NONE) return this.#refuse(error, acks);
    if (expectedLeaderEpoch !== undefined && expectedLeaderEpoch !== leaderEpoch) {
      return this.#refuse(ErrorCode.NOT_LEADER_OR_FOLLOWER, acks);
    }
    const log = this.log;
    if (log === undefined) return this.#refuse(ErrorCode.KAFKA_STORAGE_ERROR, acks);
    const outcome = log.append(records, {
      origin,
      leaderEpoch,
      wallNow: this.#host.clock.wall(),
      ...(verificationGuard !== undefined && { verificationGuard }),
      ...(transactionVersion !== undefined && { transactionVersion }),
    });
    if (outcome.kind !== 'refused' && acks !== 0 && waiter !== undefined) {
      this.#step({ type: 'parked', requiredOffset: outcome.lastOffset + 1, acks, waiter });
    }
    return outcome;
  }

  /**
   * Reads up to what the reader may see: consumers the high watermark or last stable offset, replicas the log's end.
   */
  read({ offset, maxBytes, minOneBatch, upTo }: ReplicaRead): ReadOutcome | Promise<ReadOutcome> {
    const log = this.log;
    if (log === undefined) {
      return { kind: 'error', error: ErrorCode.KAFKA_STORAGE_ERROR, detail: 'the log directory is offline' };
    }
    return log.read({ offset, maxBytes, minOneBatch, upTo: this.endOf(upTo) });
  }

  /** Hears of every change until unwatch. */
  watch(watcher: ReplicaWatcher): void {
    this.#watchers.add(watcher);
  }

  unwatch(watcher: ReplicaWatcher): void {
    this.#watchers.delete(watcher);
  }

  /** An input of the broker around: a follower's fetch, the controller's answer, brokers that changed, a tick. */
  tell(input: PartitionInput): void {
    this.#step(input);
  }

  /** Retention or DeleteRecords moved the log start. */
  onLogStartMoved(): void {
    this.#step({ type: 'logStartMoved', logStartOffset: this.logStartOffset });
    this.#notify('state');
  }

  /** As a follower: what the leader said with the newest fetch. The high watermark never passes the own log's end. */
  followLeader(leader: { readonly highWatermark: number; readonly logStartOffset: number }): void {
    this.#leaderHighWatermark = leader.highWatermark;
    this.#followHighWatermark();
    const log = this.log;
    if (log === undefined || leader.logStartOffset <= log.logStartOffset) return;
    if (leader.logStartOffset <= log.highWatermark) log.incrementLogStartOffset(leader.logStartOffset, 'leader');
  }

  /** Answers everybody who waits and leaves the log alone. */
  close(error: ErrorCode = ErrorCode.NOT_LEADER_OR_FOLLOWER): void {
    this.#closed = true;
    const leaderEpoch = this.core.leaderEpoch;
    const assignment = { leader: -1, leaderEpoch, partitionEpoch: 0, replicas: [], isr: [], recovering: false };
    this.#step({ type: 'appendsLost', error });
    this.#step({
      type: 'assigned',
      assignment,
      log: { logStartOffset: 0, logEndOffset: 0, highWatermark: 0 },
    });
    if (this.log !== undefined) this.log.observer = undefined;
    this.#notify('state');
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  #refuse(error: ErrorCode, acks: number): AppendOutcome {
    return { kind: 'refused', error, detail: this.explain(error, acks), recordErrors: [] };
  }

  #onAppended(logEndOffset: number): void {
    if (this.core.role === 'leader') this.#step({ type: 'appended', logEndOffset });
    else {
      this.#followHighWatermark();
      this.#host.onReplicated(this, logEndOffset);
    }
    this.#notify('logEnd');
  }

  #followHighWatermark(): void {
    const log = this.log;
    if (log === undefined || this.core.role === 'leader' || this.#leaderHighWatermark < 0) return;
    const target = Math.min(this.#leaderHighWatermark, log.logEndOffset);
    if (target <= log.highWatermark) return;
    log.updateHighWatermark(target);
    this.#notify('highWatermark');
  }

  #onFailed(error: ErrorCode, detail: string): void {
    if (this.log !== undefined) this.#step({ type: 'appendsLost', error });
    else this.#step({ type: 'logFailed' });
    this.#host.onLogFailed(this, detail);
    this.#notify('state');
  }

  #notify(change: ReplicaChange): void {
    for (const watcher of this.#watchers) watcher.onReplicaChanged(change);
  }

  #step(input: PartitionInput): void {
    this.core.step(input, this.#host.clock.monotonic(), this.#effects);
    if (this.#performing) return;
    this.#performing = true;
    try {
      while (this.#effects.length > 0) {
        const effects = this.#effects;
        this.#effects = [];
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#performing = false;
    }
  }

  #perform(effect: PartitionEffect): void {
    switch (effect.type) {
      case 'release':
        return effect.waiter.onAcknowledged(effect.error);
      case 'advanceHighWatermark':
        this.log?.updateHighWatermark(effect.highWatermark);
        return this.#notify('highWatermark');
      case 'alterIsr':
        return this.#host.onIsrProposed(this, effect.proposal);
      case 'releaseDelete':
        return effect.waiter.onLowWatermark(effect.error, effect.lowWatermark);
      case 'becomeLeader':
        return this.#becomeLeader(effect.leaderEpoch, effect.epochStartOffset);
      case 'becomeFollower':
        this.#stop();
        return this.#host.onFollowing(this, effect.leaderId);
      case 'goOffline':
        return this.#stop();
    }
  }

  #becomeLeader(leaderEpoch: number, epochStartOffset: number): void {
    this.#stop();
    this.log?.assignEpoch(leaderEpoch, epochStartOffset);
    this.#ledEpoch = leaderEpoch;
    // What a crash left in the page cache only is vouched for once it is synced.
    if (this.vouchedEndOffset < this.logEndOffset) this.log?.sync();
    this.#host.onLeading(this);
  }

  #stop(): void {
    const resigned = this.#ledEpoch;
    this.#ledEpoch = -1;
    this.#leaderHighWatermark = -1;
    this.#host.onStopped(this, resigned);
  }
}
