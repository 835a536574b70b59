/** What is known of one replica at any moment: its place in the cluster and where its log stands. Changes nothing. */
import type { PartitionLog } from '@tidelog/log';
import { ErrorCode, errorName } from '@tidelog/protocol';
import { PartitionCore, type PartitionCoreOptions, type PartitionRole } from './core/partition-core.ts';

export interface ReplicaIdentity {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

export type ReadBound = 'highWatermark' | 'lastStableOffset' | 'logEnd';

export class ReplicaFacts implements ReplicaIdentity {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly localId: number;
  readonly core: PartitionCore;
  readonly #log: PartitionLog | undefined;

  constructor(
    { topic, topicId, partition }: ReplicaIdentity,
    log: PartitionLog | undefined,
    core: PartitionCoreOptions,
  ) {
    this.topic = topic;
    this.topicId = topicId;
    this.partition = partition;
    this.localId = core.localId;
    this.core = new PartitionCore(core);
    this.#log = log;
  }

  /** Undefined while its directory is offline. */
  get log(): PartitionLog | undefined {
    return this.#log?.offline === undefined ? this.#log : undefined;
  }

  get role(): PartitionRole {
    return this.core.role;
  }

  get leaderId(): number {
    return this.core.assignment?.leader ?? -1;
  }

  get leaderEpoch(): number {
    return this.core.leaderEpoch;
  }

  get inSyncReplicas(): readonly number[] {
    return this.core.leader?.inSync.committed ?? this.core.assignment?.isr ?? [];
  }

  get highWatermark(): number {
    return this.#log?.highWatermark ?? -1;
  }

  get lastStableOffset(): number {
    return this.#log?.lastStableOffset ?? -1;
  }

  get logStartOffset(): number {
    return this.#log?.logStartOffset ?? -1;
  }

  get logEndOffset(): number {
    return this.#log?.logEndOffset ?? -1;
  }

  /** How far this replica may vouch for its records: what is written or, with flush.before.ack, synced as well. */
  get vouchedEndOffset(): number {
    const log = this.#log;
    return log?.config.flushBeforeAck === true ? Math.min(log.recoveryPoint, log.logEndOffset) : this.logEndOffset;
  }

  /** How far a reader may see: consumers the high watermark or last stable offset, replicas the log's end. */
  endOf(bound: ReadBound): number {
    if (bound === 'logEnd') return this.logEndOffset;
    return bound === 'highWatermark' ? this.highWatermark : this.lastStableOffset;
  }

  /** NONE, or why a request with this leader epoch (-1: none said) cannot be served here. */
  checkEpoch(currentLeaderEpoch: number, { leaderOnly }: { readonly leaderOnly: boolean }): ErrorCode {
    if (this.log === undefined) return ErrorCode.KAFKA_STORAGE_ERROR;
    const error = this.core.checkEpoch(currentLeaderEpoch);
    if (error !== ErrorCode.NONE) return error;
    return this.core.mayServe({ leaderOnly }) ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** Why an append with these acks is refused, for the log and the console. */
  explain(error: ErrorCode, acks: number): string {
    const name = `${this.topic}-${this.partition}`;
    if (error === ErrorCode.NOT_ENOUGH_REPLICAS) {
      const minimum = this.core.leader?.effectiveMinInsyncReplicas ?? 0;
      const count = this.inSyncReplicas.length;
      return `acks=${acks} needs ${minimum} in-sync replicas of ${name} (min.insync.replicas), there are ${count}`;
    }
    return `${name}: ${errorName(error)}, leader is ${this.leaderId} in epoch ${this.leaderEpoch}`;
  }
}
