/** What an operator can set about groups, under Kafka's names in camel case. Times are milliseconds. */
import type { Millis } from '@tidelog/core';

export type MigrationPolicy = 'disabled' | 'upgrade' | 'downgrade' | 'bidirectional';

/** Of one group: `group.consumer.*` and what the group's own resource sets over it. */
export interface ConsumerGroupTimings {
  readonly sessionTimeoutMs: Millis;
  readonly heartbeatIntervalMs: Millis;
  readonly assignmentIntervalMs: Millis;
}

export interface GroupConfig {
  /** group.min.session.timeout.ms */
  readonly minSessionTimeoutMs: Millis;
  /** group.max.session.timeout.ms */
  readonly maxSessionTimeoutMs: Millis;
  /** group.max.size */
  readonly maxSize: number;
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: Millis;
  /** offset.metadata.max.bytes */
  readonly offsetMetadataMaxBytes: number;
  /** offsets.retention.minutes, in milliseconds */
  readonly offsetsRetentionMs: Millis;
  /** offsets.retention.check.interval.ms */
  readonly offsetsRetentionCheckIntervalMs: Millis;
  /** group.consumer.max.size */
  readonly consumerMaxSize: number;
  /** group.consumer.assignors: the first one is the default. */
  readonly consumerAssignors: readonly string[];
  /** group.consumer.migration.policy */
  readonly migrationPolicy: MigrationPolicy;
  /** group.consumer.regex.refresh.interval.ms */
  readonly regexRefreshIntervalMs: Millis;
  /** Whether group.coordinator.rebalance.protocols has `consumer`. */
  readonly consumerProtocolEnabled: boolean;
}

/** Kafka's `classic.group.new.member.join.timeout`: how long a new member may wait for the end of a rebalance. */
export const newMemberJoinTimeoutMs = 300_000;

export const defaultGroupConfig: GroupConfig = {
  minSessionTimeoutMs: 6000,
  maxSessionTimeoutMs: 1_800_000,
  maxSize: 2_147_483_647,
  initialRebalanceDelayMs: 3000,
  offsetMetadataMaxBytes: 4096,
  offsetsRetentionMs: 10_080 * 60_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  consumerMaxSize: 2_147_483_647,
  consumerAssignors: ['uniform', 'range'],
  migrationPolicy: 'bidirectional',
  regexRefreshIntervalMs: 600_000,
  consumerProtocolEnabled: true,
};

export const defaultConsumerGroupTimings: ConsumerGroupTimings = {
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 5000,
  assignmentIntervalMs: 1000,
};
