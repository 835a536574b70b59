/** What an operator can set about a broker, under Kafka's names in camel case. Times are milliseconds. */
import type { Millis } from '@tidelog/core';
import type { GroupCoordinatorConfig } from './coordinator/group/group-coordinator.ts';
import type { InternalTopicConfig } from './topics/coordinator-topics.ts';
import type { LifecycleTimings } from './lifecycle/core/lifecycle-core.ts';
import type { ReplicationConfig } from './replication/replicas-types.ts';

export interface BrokerConfig {
  readonly nodeId: number;
  readonly replication: ReplicationConfig;
  readonly internalTopics: InternalTopicConfig;
  readonly groups: GroupCoordinatorConfig;
  readonly lifecycle: LifecycleTimings;
  /** auto.create.topics.enable */
  readonly autoCreateTopics: boolean;
  /** request.timeout.ms */
  readonly requestTimeoutMs: Millis;
  /** max.request.partition.size.limit */
  readonly maxRequestPartitions: number;
  /** fetch.max.bytes */
  readonly fetchMaxBytes: number;
  /** max.incremental.fetch.session.cache.slots */
  readonly fetchSessionSlots: number;
  /** log.retention.check.interval.ms */
  readonly retentionCheckIntervalMs: Millis;
  /** producer.id.expiration.check.interval.ms */
  readonly producerIdExpirationCheckIntervalMs: Millis;
  /** log.flush.offset.checkpoint.interval.ms and replica.high.watermark.checkpoint.interval.ms, the shorter one */
  readonly checkpointIntervalMs: Millis;
  /** server.properties with its overrides, as texts. */
  readonly staticConfig: ReadonlyMap<string, string>;
}
