/**
 * Everything a broker listener serves, in one explicit list. ApiVersions is computed from it, so what is not here is
 * not advertised.
 */
import type { Logger, Metrics, World } from '@tidelog/core';
import type { LogStore } from '@tidelog/log';
import { bind, type BoundHandler } from '@tidelog/net';
import { dataPathHandlers } from './api/data-path-handlers.ts';
import { describeCluster } from './api/describe-cluster.ts';
import { describeConfigs } from './api/describe-configs.ts';
import { describeTopicPartitions } from './api/describe-topic-partitions.ts';
import { findCoordinator } from './api/find-coordinator.ts';
import { forwardedHandlers } from './api/forwarded.ts';
import { groupHandlers } from './api/group-handlers.ts';
import { listConfigResources } from './api/list-config-resources.ts';
import { metadata } from './api/metadata.ts';
import type { Authorizer } from './authorizer.ts';
import type { BrokerConfig } from './broker-config.ts';
import type { ControllerChannel } from './channels.ts';
import type { GroupCoordinator } from './coordinator/group/group-coordinator.ts';
import type { ControllerForwarding } from './forwarding/controller-forwarding.ts';
import { ProducerIds } from './producer-ids.ts';
import type { Replicas } from './replication/replicas.ts';
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
  readonly groups: GroupCoordinator;
}

export function brokerHandlers(parts: BrokerParts): BoundHandler[] {
  const { groups: coordinator, authorizer } = parts;
  return [
    ...dataHandlers(parts),
    ...metadataHandlers(parts),
    ...forwardedHandlers(parts),
    ...groupHandlers({ coordinator, authorizer }),
  ];
}

function dataHandlers(parts: BrokerParts): BoundHandler[] {
  const { world, logger, metrics, controller, replicas, authorizer, store, config, brokerEpoch } = parts;
  const { nodeId, fetchMaxBytes, fetchSessionSlots } = config;
  const producerIds = new ProducerIds({ world, logger, controller, nodeId, brokerEpoch });
  return dataPathHandlers({
    world,
    metrics,
    store,
    replicas,
    authorizer,
    producerIds,
    nodeId,
    fetchMaxBytes,
    fetchSessionSlots,
    rackAwareReads: config.replication.rackAwareReads,
  });
}

function metadataHandlers(parts: BrokerParts): BoundHandler[] {
  const { world, replicas, authorizer, clusterId, config, topicCreation, groups } = parts;
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
    bind(findCoordinator, {
      world,
      nodeId: config.nodeId,
      image,
      authorizer,
      topicCreation,
      coordinatorTopics,
      serves: (partition) => groups.serves(partition),
    }),
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
