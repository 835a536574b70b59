export {
  allowAll,
  clusterResource,
  type AuthorizationContext,
  type Authorizer,
  type Operation,
  type Resource,
  type ResourceType,
} from './authorizer.ts';
export type { ControllerChannel, PeerConnection, PeerConnections, SendOptions } from './channels.ts';
export type { AppendWaiter, LowWatermarkWaiter } from './replication/core/partition-events.ts';
export type { Replica, ReplicaRead } from './replication/replica.ts';
export type { ReadBound, ReplicaIdentity } from './replication/replica-facts.ts';
export { Replicas } from './replication/replicas.ts';
export {
  defaultReplicationConfig,
  type Acks,
  type CommittedAppend,
  type LeadershipListener,
  type LedPartition,
  type ReplicaAppend,
  type ReplicaChange,
  type ReplicasDeps,
  type ReplicaWatcher,
  type ReplicationConfig,
  type TopicSettings,
} from './replication/replicas-types.ts';
export { Broker, type BrokerOptions, type BrokerStart } from './broker.ts';
export type { BrokerConfig } from './broker-config.ts';
export {
  defaultConsumerGroupTimings,
  defaultGroupConfig,
  type GroupConfig,
  type MigrationPolicy,
} from './coordinator/group/core/group-config.ts';
export { GroupCore, type GroupCoreOptions } from './coordinator/group/core/group-core.ts';
export type { GroupInput } from './coordinator/group/core/group-inputs.ts';
export type { GroupRecord } from './coordinator/group/core/group-records.ts';
export {
  CoordinatorRuntime,
  type CoordinatorRuntimeDeps,
  type ShardCall,
} from './coordinator/runtime/coordinator-runtime.ts';
export type { EncodedRecord, LoadedRecord, ShardCore } from './coordinator/runtime/core/shard-core.ts';
export { SoftDeadlines, type SoftTimer } from './coordinator/runtime/core/soft-deadlines.ts';
export { Timeline } from './coordinator/runtime/core/timeline.ts';
export { Turn, type Requester, type ShardEffect } from './coordinator/runtime/core/turn.ts';
export { shardBroke } from './coordinator/runtime/shard.ts';
export type { GroupCoordinatorConfig } from './coordinator/group/group-coordinator.ts';
export type { LifecycleState } from './lifecycle/core/lifecycle-core.ts';
export { dataPathHandlers, type DataPathDeps } from './api/data-path-handlers.ts';
export { ProducerIds, type ProducerIdsDeps } from './producer-ids.ts';
