/**
 * Everything a broker listener serves, in one explicit list. ApiVersions is computed from it, so what is not here is not
 * advertised.
 */
import type { Logger, Metrics, World } from '@tidelog/core';
import type { LogStore } from '@tidelog/log';
import { bind, type BoundHandler } from '@tidelog/net';
import { deleteRecords } from './api/delete-records.ts';
import { describeCluster } from './api/describe-cluster.ts';
import { describeConfigs } from './api/describe-configs.ts';
import { describeLogDirs } from './api/describe-log-dirs.ts';
import { describeProducers } from './api/describe-producers.ts';
import { describeTopicPartitions } from './api/describe-topic-partitions.ts';
import { fetch } from './api/fetch.ts';
import { findCoordinator } from './api/find-coordinator.ts';
import { forwardedHandlers } from './api/forwarded.ts';
import { initProducerId } from './api/init-producer-id.ts';
import { listConfigResources } from './api/list-config-resources.ts';
import { listOffsets } from './api/list-offsets.ts';
import { metadata } from './api/metadata.ts';
import { offsetForLeaderEpoch } from './api/offset-for-leader-epoch.ts';
import { produce } from './api/produce.ts';
import type { Authorizer } from './authorizer.ts';
import type { BrokerConfig } from './broker-config.ts';
import type { ControllerChannel } from './channels.ts';
import { SessionCache } from './fetch/session-cache.ts';
import type { ControllerForwarding } from './forwarding/controller-forwarding.ts';
import { ProducerIds } from './producer-ids.ts';
import type { Replicas } from './replication/replicas.ts';
import { TopicMetrics } from './topic-metrics.ts';
import { offsetsTopicSpec } from './topics/coordinator-topics.ts';
import type { TopicCreation, TopicSpec } from './topics/topic-creation.ts';

export interface BrokerParts {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly store: LogStore;
  readonly clusterId: string;
  readonly config: BrokerConfig;
  readonly controller: ControllerChannel;
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
  readonly topicCreation: TopicCreation;
  readonly forwarding: ControllerForwarding;
  readonly brokerEpoch: () => number;
}

export function brokerHandlers(parts: BrokerParts): BoundHandler[] {
  return [...dataHandlers(parts), ...metadataHandlers(parts), ...forwardedHandlers(parts)];
}

function dataHandlers(parts: BrokerParts): BoundHandler[] {
  const { world, logger, controller, replicas, authorizer, store, config, brokerEpoch } = parts;
  const { nodeId } = config;
  const data = { replicas, authorizer };
  const metrics = new TopicMetrics(parts.metrics);
  return [
    bind(produce, { ...data, metrics }),
    bind(fetch, {
      ...data,
      world,
      metrics,
      sessions: new SessionCache(config.fetchSessionSlots, world.random),
      fetchMaxBytes: config.fetchMaxBytes,
      rackAwareReads: config.replication.rackAwareReads,
    }),
    bind(listOffsets, data),
    bind(offsetForLeaderEpoch, data),
    bind(deleteRecords, data),
    bind(describeProducers, data),
    bind(describeLogDirs, { ...data, nodeId, store }),
    bind(initProducerId, {
      producerIds: new ProducerIds({ world, logger, controller, nodeId, brokerEpoch }),
      authorizer,
    }),
  ];
}

function metadataHandlers(parts: BrokerParts): BoundHandler[] {
  const { world, replicas, authorizer, clusterId, config, topicCreation } = parts;
  const image = (): Replicas['image'] => replicas.image;
  const pick = (count: number): number => world.random.below(count);
  const offsetsTopic = offsetsTopicSpec(config.internalTopics);
  const coordinatorTopics = new Map([[groupCoordinator, offsetsTopic]]);
  return [
    bind(metadata, {
      clusterId,
      image,
      authorizer,
      topicCreation,
      pick,
      autoCreated: (name) => autoCreated(name, config, offsetsTopic),
    }),
    bind(describeCluster, { clusterId, image, pick }),
    bind(describeTopicPartitions, { image, authorizer, maxPartitions: config.maxRequestPartitions }),
    bind(findCoordinator, { image, authorizer, topicCreation, coordinatorTopics }),
    bind(describeConfigs, { nodeId: config.nodeId, image, authorizer, staticConfig: config.staticConfig }),
    bind(listConfigResources, { image, authorizer }),
  ];
}

const groupCoordinator = 0;

function autoCreated(name: string, config: BrokerConfig, offsetsTopic: TopicSpec): TopicSpec | undefined {
  if (name === offsetsTopic.name) return offsetsTopic;
  if (!config.autoCreateTopics) return undefined;
  return { name, numPartitions: -1, replicationFactor: -1, configs: [] };
}
