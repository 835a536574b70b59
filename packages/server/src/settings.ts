/** Kafka's keys to the configuration objects of the rooms: one function per room, nothing else. */
import {
  defaultReplicationConfig,
  type BrokerConfig,
  type GroupCoordinatorConfig,
  type MigrationPolicy,
  type ReplicationConfig,
} from '@tidelog/broker';
import { defaultControllerConfig, type ControllerConfig } from '@tidelog/controller';
import type { LogStoreConfig } from '@tidelog/log';
import {
  cleanerConfigOf,
  effectiveBrokerConfig,
  effectiveTopicConfig,
  emptyMetadataImage,
  logConfigOf,
} from '@tidelog/metadata';
import { defaultNetworkLimits, type NetworkLimits } from '@tidelog/net';
import { codecOf } from '@tidelog/protocol';
import { defaultRaftConfig, type RaftConfig } from '@tidelog/raft';
import type { NodeConfig } from './node-config.ts';

export function networkLimits({ reader }: NodeConfig): NetworkLimits {
  const queued = reader.number('queued.max.request.bytes');
  const overrides = reader.optionalString('max.connections.per.ip.overrides') ?? '';
  return {
    ...defaultNetworkLimits,
    socketRequestMaxBytes: reader.number('socket.request.max.bytes'),
    connectionsMaxIdleMs: reader.number('connections.max.idle.ms'),
    maxConnections: reader.number('max.connections'),
    maxConnectionsPerIp: reader.number('max.connections.per.ip'),
    maxConnectionsPerIpOverrides: new Map(
      overrides
        .split(',')
        .filter((entry) => entry.includes(':'))
        .map((entry) => {
          const at = entry.lastIndexOf(':');
          return [entry.slice(0, at).trim(), Number(entry.slice(at + 1))] as const;
        }),
    ),
    maxConnectionCreationRate: reader.number('max.connection.creation.rate'),
    queuedMaxRequestBytes: queued < 0 ? Infinity : queued,
  };
}

export function raftConfig({ reader }: NodeConfig): RaftConfig {
  return {
    ...defaultRaftConfig,
    electionTimeoutMs: reader.number('controller.quorum.election.timeout.ms'),
    electionBackoffMaxMs: reader.number('controller.quorum.election.backoff.max.ms'),
    fetchTimeoutMs: reader.number('controller.quorum.fetch.timeout.ms'),
    requestTimeoutMs: reader.number('controller.quorum.request.timeout.ms'),
    retryBackoffMs: reader.number('controller.quorum.retry.backoff.ms'),
    fetchMaxBytes: reader.number('controller.quorum.fetch.max.bytes'),
    fetchSnapshotMaxBytes: reader.number('controller.quorum.fetch.snapshot.max.bytes'),
    autoJoin: reader.boolean('controller.quorum.auto.join.enable'),
    maxBatchSizeInBytes: reader.number('internal.metadata.max.batch.size.in.bytes'),
    maxBytesBetweenSnapshots: reader.number('metadata.log.max.record.bytes.between.snapshots'),
    maxSnapshotIntervalMs: reader.number('metadata.log.max.snapshot.interval.ms'),
    retentionBytes: reader.number('metadata.max.retention.bytes'),
    retentionMs: reader.number('metadata.max.retention.ms'),
  };
}

export function controllerConfig({ reader }: NodeConfig): ControllerConfig {
  return {
    ...defaultControllerConfig,
    brokerSessionTimeoutMs: reader.number('broker.session.timeout.ms'),
    defaultReplicationFactor: reader.number('default.replication.factor'),
    numPartitions: reader.number('num.partitions'),
    deleteTopicEnable: reader.boolean('delete.topic.enable'),
    autoLeaderRebalanceEnable: reader.boolean('auto.leader.rebalance.enable'),
    leaderImbalanceCheckIntervalMs: reader.number('leader.imbalance.check.interval.seconds') * 1000,
    uncleanLeaderElectionIntervalMs: reader.number('unclean.leader.election.interval.ms'),
    staticConfigs: reader.texts,
  };
}

export function replicationConfig({ reader, nodeId, rack }: NodeConfig): ReplicationConfig {
  return {
    ...defaultReplicationConfig,
    nodeId,
    rack,
    replicaLagTimeMaxMs: reader.number('replica.lag.time.max.ms'),
    replicaFetchWaitMaxMs: reader.number('replica.fetch.wait.max.ms'),
    replicaFetchMinBytes: reader.number('replica.fetch.min.bytes'),
    replicaFetchMaxBytes: reader.number('replica.fetch.max.bytes'),
    replicaFetchResponseMaxBytes: reader.number('replica.fetch.response.max.bytes'),
    replicaFetchBackoffMs: reader.number('replica.fetch.backoff.ms'),
    quotaWindows: reader.number('replication.quota.window.num'),
    quotaWindowMs: reader.number('replication.quota.window.size.seconds') * 1000,
    rackAwareReads: /RackAware/i.test(reader.optionalString('replica.selector.class') ?? ''),
  };
}

/** Logs and cleaner begin with server.properties; the metadata that comes later brings what is set dynamically. */
export function logStoreConfig({ reader, nodeId }: NodeConfig): LogStoreConfig {
  const context = { configs: emptyMetadataImage.configs, brokerId: nodeId, staticConfig: reader.texts };
  return {
    logDefaults: logConfigOf(effectiveTopicConfig(context, '')),
    recoveryConcurrency: reader.number('num.recovery.threads.per.data.dir'),
    producerIdExpirationMs: reader.number('producer.id.expiration.ms'),
    transactionVerification: reader.boolean('transaction.partition.verification.enable'),
    cleaner: {
      enabled: reader.boolean('log.cleaner.enable'),
      ...cleanerConfigOf(effectiveBrokerConfig(context)),
    },
  };
}

export function groupConfig({ reader }: NodeConfig): GroupCoordinatorConfig {
  const codec = codecOf(reader.number('offsets.topic.compression.codec'));
  return {
    minSessionTimeoutMs: reader.number('group.min.session.timeout.ms'),
    maxSessionTimeoutMs: reader.number('group.max.session.timeout.ms'),
    maxSize: reader.number('group.max.size'),
    initialRebalanceDelayMs: reader.number('group.initial.rebalance.delay.ms'),
    offsetMetadataMaxBytes: reader.number('offset.metadata.max.bytes'),
    offsetsRetentionMs: reader.number('offsets.retention.minutes') * 60_000,
    offsetsRetentionCheckIntervalMs: reader.number('offsets.retention.check.interval.ms'),
    consumerMaxSize: reader.number('group.consumer.max.size'),
    consumerAssignors: reader.list('group.consumer.assignors'),
    migrationPolicy: reader.string('group.consumer.migration.policy').toLowerCase() as MigrationPolicy,
    regexRefreshIntervalMs: reader.number('group.consumer.regex.refresh.interval.ms'),
    consumerProtocolEnabled: reader.list('group.coordinator.rebalance.protocols').includes('consumer'),
    offsetsCommitTimeoutMs: reader.number('offsets.commit.timeout.ms'),
    offsetsLoadBufferSize: reader.number('offsets.load.buffer.size'),
    offsetsTopicCodec: codec === 'unknown' ? 'none' : codec,
  };
}

export function brokerConfig(config: NodeConfig): BrokerConfig {
  const { reader, nodeId } = config;
  return {
    nodeId,
    replication: replicationConfig(config),
    internalTopics: {
      offsetsTopicNumPartitions: reader.number('offsets.topic.num.partitions'),
      offsetsTopicReplicationFactor: reader.number('offsets.topic.replication.factor'),
      offsetsTopicSegmentBytes: reader.number('offsets.topic.segment.bytes'),
    },
    groups: groupConfig(config),
    lifecycle: {
      heartbeatIntervalMs: reader.number('broker.heartbeat.interval.ms'),
      sessionTimeoutMs: reader.number('broker.session.timeout.ms'),
      retryMs: 50,
      shutdownTimeoutMs: reader.boolean('controlled.shutdown.enable') ? 30_000 : 0,
      shutdownWithoutControllerMs: 2000,
    },
    autoCreateTopics: reader.boolean('auto.create.topics.enable'),
    requestTimeoutMs: reader.number('request.timeout.ms'),
    maxRequestPartitions: reader.number('max.request.partition.size.limit'),
    fetchMaxBytes: reader.number('fetch.max.bytes'),
    fetchSessionSlots: reader.number('max.incremental.fetch.session.cache.slots'),
    retentionCheckIntervalMs: reader.number('log.retention.check.interval.ms'),
    producerIdExpirationCheckIntervalMs: reader.number('producer.id.expiration.check.interval.ms'),
    checkpointIntervalMs: Math.min(
      reader.number('log.flush.offset.checkpoint.interval.ms'),
      reader.number('replica.high.watermark.checkpoint.interval.ms'),
    ),
    staticConfig: reader.texts,
  };
}
