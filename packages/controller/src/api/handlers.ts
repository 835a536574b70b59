/** All handlers of the controller listener that the controller answers, in one list. */
import { bind, type BoundHandler } from '@tidelog/net';
import { allocateProducerIds } from './allocate-producer-ids.ts';
import { alterClientQuotas } from './alter-client-quotas.ts';
import { alterConfigs } from './alter-configs.ts';
import { alterPartitionReassignments } from './alter-partition-reassignments.ts';
import { alterPartition } from './alter-partition.ts';
import { assignReplicasToDirs } from './assign-replicas-to-dirs.ts';
import { brokerHeartbeat } from './broker-heartbeat.ts';
import { brokerRegistration } from './broker-registration.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { controllerRegistration } from './controller-registration.ts';
import { createPartitions } from './create-partitions.ts';
import { createTopics } from './create-topics.ts';
import { deleteTopics } from './delete-topics.ts';
import { describeCluster } from './describe-cluster.ts';
import { electLeaders } from './elect-leaders.ts';
import { incrementalAlterConfigs } from './incremental-alter-configs.ts';
import { listPartitionReassignments } from './list-partition-reassignments.ts';
import { unregisterBroker } from './unregister-broker.ts';
import { updateFeatures } from './update-features.ts';

export function controllerHandlers(deps: ControllerDeps): readonly BoundHandler[] {
  return [
    bind(createTopics, deps),
    bind(deleteTopics, deps),
    bind(createPartitions, deps),
    bind(incrementalAlterConfigs, deps),
    bind(alterConfigs, deps),
    bind(brokerRegistration, deps),
    bind(brokerHeartbeat, deps),
    bind(unregisterBroker, deps),
    bind(alterPartition, deps),
    bind(alterPartitionReassignments, deps),
    bind(listPartitionReassignments, deps),
    bind(electLeaders, deps),
    bind(allocateProducerIds, deps),
    bind(updateFeatures, deps),
    bind(assignReplicasToDirs, deps),
    bind(controllerRegistration, deps),
    bind(describeCluster, deps),
    bind(alterClientQuotas, deps),
  ];
}
