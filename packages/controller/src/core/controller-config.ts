/**
 * What an operator can set about the controller, under Kafka's names in camel case. Times are milliseconds on the
 * monotonic clock. The defaults are Kafka's (KRaftConfigs, ReplicationConfigs) except where a comment says otherwise.
 */
import type { Millis } from '@tidelog/core';
import type { SupportedFeature } from '@tidelog/metadata';

export interface ControllerConfig {
  /** broker.session.timeout.ms: a broker that is silent for so long is fenced. */
  readonly brokerSessionTimeoutMs: Millis;
  /**
   * How long a broker whose heartbeat connection broke may take to come back before it is fenced, if its session does
   * not end earlier. A process that was killed is noticed by its closed socket long before its session times out; one
   * that lives connects again at once.
   * Not one of Kafka's: Infinity turns it off.
   */
  readonly brokerReconnectGraceMs: Millis;
  /**
   * How long a new active controller waits to hear of a broker that was alive under the former one. Brokers report to a
   * new controller at once, so one that does not died with the former or cannot reach the new one.
   * Not one of Kafka's, which waits for a whole session.
   */
  readonly controllerFailoverGraceMs: Millis;
  /** default.replication.factor */
  readonly defaultReplicationFactor: number;
  /** num.partitions */
  readonly numPartitions: number;
  /** delete.topic.enable */
  readonly deleteTopicEnable: boolean;
  /** auto.leader.rebalance.enable */
  readonly autoLeaderRebalanceEnable: boolean;
  /** leader.imbalance.check.interval.seconds, as milliseconds */
  readonly leaderImbalanceCheckIntervalMs: Millis;
  /** unclean.leader.election.interval.ms */
  readonly uncleanLeaderElectionIntervalMs: Millis;
  /**
   * metadata.max.idle.interval.ms: a no-op record is written when nothing else was for so long. 0, the default, writes
   * none (Kafka's default is 500): followers and observers learn from their long polls that the leader lives.
   */
  readonly maxIdleIntervalMs: Millis;
  /** More partitions than this in one CreateTopics or CreatePartitions request are a POLICY_VIOLATION. */
  readonly maxPartitionsPerRequest: number;
  /** server.properties as texts by key: the defaults under the dynamic configs. */
  readonly staticConfigs: ReadonlyMap<string, string>;
  /**
   * The features that this build speaks, at the levels of Kafka 4.3; one that Tidelog lacks is not in the list.
   * A new cluster begins with their highest levels.
   */
  readonly supportedFeatures: readonly SupportedFeature[];
  /** Other levels for a new cluster, by feature name. */
  readonly bootstrapFeatures: ReadonlyMap<string, number>;
}

export const defaultControllerConfig: ControllerConfig = {
  brokerSessionTimeoutMs: 9000,
  brokerReconnectGraceMs: 500,
  controllerFailoverGraceMs: 1000,
  defaultReplicationFactor: 1,
  numPartitions: 1,
  deleteTopicEnable: true,
  autoLeaderRebalanceEnable: true,
  leaderImbalanceCheckIntervalMs: 300_000,
  uncleanLeaderElectionIntervalMs: 300_000,
  maxIdleIntervalMs: 0,
  maxPartitionsPerRequest: 10_000,
  staticConfigs: new Map(),
  supportedFeatures: [
    { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 },
    { name: 'group.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
    { name: 'eligible.leader.replicas.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
  ],
  bootstrapFeatures: new Map(),
};
