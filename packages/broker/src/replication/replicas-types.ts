/**
 * What the rest of the broker sees of replication: how to find a replica, append to it, read from it and hear of its
 * changes. Nothing here does anything.
 */
import type { Chunks, Logger, Metrics, Millis, World } from '@tidelog/core';
import type { LogConfig, LogStore, VerificationGuard } from '@tidelog/log';
import type { MetadataImage } from '@tidelog/metadata';
import type { ControllerChannel, PeerConnections } from '../channels.ts';
import type { AppendWaiter } from './core/partition-events.ts';
import type { ReplicationRates } from './replication-quotas.ts';

/** The settings of a topic as replication needs them, already resolved: topic over broker over default. */
export interface TopicSettings {
  readonly log: LogConfig;
  readonly minInsyncReplicas: number;
}

export interface ReplicationConfig {
  readonly nodeId: number;
  readonly rack: string | undefined;
  /** replica.lag.time.max.ms */
  readonly replicaLagTimeMaxMs: Millis;
  /** replica.fetch.wait.max.ms */
  readonly replicaFetchWaitMaxMs: Millis;
  /** replica.fetch.min.bytes */
  readonly replicaFetchMinBytes: number;
  /** replica.fetch.max.bytes */
  readonly replicaFetchMaxBytes: number;
  /** replica.fetch.response.max.bytes */
  readonly replicaFetchResponseMaxBytes: number;
  /** replica.fetch.backoff.ms */
  readonly replicaFetchBackoffMs: Millis;
  /** Whether replica.selector.class names the rack-aware selector (KIP-392). */
  readonly rackAwareReads: boolean;
  /** replication.quota.window.num */
  readonly quotaWindows: number;
  /** replication.quota.window.size.seconds, in milliseconds */
  readonly quotaWindowMs: Millis;
}

export const defaultReplicationConfig: Omit<ReplicationConfig, 'nodeId'> = {
  rack: undefined,
  replicaLagTimeMaxMs: 30_000,
  replicaFetchWaitMaxMs: 500,
  replicaFetchMinBytes: 1,
  replicaFetchMaxBytes: 1_048_576,
  replicaFetchResponseMaxBytes: 10_485_760,
  replicaFetchBackoffMs: 1000,
  rackAwareReads: false,
  quotaWindows: 11,
  quotaWindowMs: 1000,
};

export interface ReplicasDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly store: LogStore;
  readonly config: ReplicationConfig;
  /** The epoch this broker was registered with; -1 before. */
  readonly brokerEpoch: () => number;
  /** Whether this broker can know what it leads (see Standstill); yes when absent. */
  readonly mayLead?: () => boolean;
  readonly controller: ControllerChannel;
  readonly peers: PeerConnections;
  readonly topicSettings: (image: MetadataImage, topic: string) => TopicSettings;
  readonly replicationRates: (image: MetadataImage) => ReplicationRates;
}

/** 0: nobody waits; 1: written by the leader; -1: replicated to the in-sync replicas (below the high watermark). */
export type Acks = 0 | 1 | -1;

export interface ReplicaAppend {
  readonly acks: Acks;
  readonly origin: 'client' | 'coordinator';
  /** When given, the append is refused with NOT_LEADER_OR_FOLLOWER unless this is the replica's leader epoch. */
  readonly expectedLeaderEpoch?: number;
  readonly verificationGuard?: VerificationGuard;
  readonly transactionVersion?: number;
  /** Told once when the acks are had, or cannot be had any more. Not called for acks 0 or a refused append. */
  readonly waiter?: AppendWaiter;
}

/** An append that waits for its replication, for coordinators. */
export interface CommittedAppend {
  readonly topic: string;
  readonly partition: number;
  readonly records: Chunks;
  readonly expectedLeaderEpoch?: number;
  readonly verificationGuard?: VerificationGuard;
  readonly transactionVersion?: number;
  readonly timeoutMs: Millis;
}

/** Hears when this broker begins and ends to lead a partition. Called from onMetadata or when a log goes offline. */
export interface LeadershipListener {
  onElected(partition: LedPartition): void;
  onResigned(partition: LedPartition): void;
}

export interface LedPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
  readonly leaderEpoch: number;
}

/**
 * What changed about a replica: the end of what is written (followers may read it), of what is committed (consumers
 * may), or anything else: role, epoch, log start, offline, closed.
 */
export type ReplicaChange = 'logEnd' | 'highWatermark' | 'state';

/** Hears of every change that a waiting read could wait for. Must be cheap and must not append. */
export interface ReplicaWatcher {
  onReplicaChanged(change: ReplicaChange): void;
}
