/** All handlers of the controller listener that the controller answers, in one list. */
import { bind, type BoundHandler } from '@tidelog/net';
import { allocateProducerIds } from './allocate-producer-ids.ts';
import { alterConfigs } from './alter-configs.ts';
import { brokerHeartbeat } from './broker-heartbeat.ts';
import { brokerRegistration } from './broker-registration.ts';
import type { ControllerDeps } from './controller-deps.ts';
import { createPartitions } from './create-partitions.ts';
import { createTopics } from './create-topics.ts';
import { deleteTopics } from './delete-topics.ts';
import { incrementalAlterConfigs } from './incremental-alter-configs.ts';
import { unregisterBroker } from './unregister-broker.ts';

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
    bind(allocateProducerIds, deps),
  ];
}
