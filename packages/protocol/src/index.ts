/** The Kafka wire protocol: messages, record batches, compression and error codes. */
export { ErrorCode, errorName, isRetriable, ProtocolError, refreshesMetadata, type ErrorName } from './errors.ts';
export {
  api,
  type Api,
  type ApiDeclaration,
  type RequestInputOf,
  type RequestOf,
  type ResponseInputOf,
  type ResponseOf,
  type VersionRange,
} from './schema/api.ts';
export * from './schema/field.ts';
export {
  data,
  Message,
  type Decoded,
  type DecodeLimits,
  type EncodeOf,
  type MessageDeclaration,
  type ValueOf,
} from './schema/message.ts';
export { Produce } from './apis/produce.ts';
export { Fetch } from './apis/fetch.ts';
export { ListOffsets } from './apis/list-offsets.ts';
export { Metadata } from './apis/metadata.ts';
export { OffsetCommit } from './apis/offset-commit.ts';
export { OffsetFetch } from './apis/offset-fetch.ts';
export { FindCoordinator } from './apis/find-coordinator.ts';
export { JoinGroup } from './apis/join-group.ts';
export { Heartbeat } from './apis/heartbeat.ts';
export { LeaveGroup } from './apis/leave-group.ts';
export { SyncGroup } from './apis/sync-group.ts';
export { DescribeGroups } from './apis/describe-groups.ts';
export { ListGroups } from './apis/list-groups.ts';
export { SaslHandshake } from './apis/sasl-handshake.ts';
export { ApiVersions } from './apis/api-versions.ts';
export { CreateTopics } from './apis/create-topics.ts';
export { DeleteTopics } from './apis/delete-topics.ts';
export { DeleteRecords } from './apis/delete-records.ts';
export { InitProducerId } from './apis/init-producer-id.ts';
export { OffsetForLeaderEpoch } from './apis/offset-for-leader-epoch.ts';
export { AddPartitionsToTxn } from './apis/add-partitions-to-txn.ts';
export { AddOffsetsToTxn } from './apis/add-offsets-to-txn.ts';
export { EndTxn } from './apis/end-txn.ts';
export { WriteTxnMarkers } from './apis/write-txn-markers.ts';
export { TxnOffsetCommit } from './apis/txn-offset-commit.ts';
export { DescribeAcls } from './apis/describe-acls.ts';
export { CreateAcls } from './apis/create-acls.ts';
export { DeleteAcls } from './apis/delete-acls.ts';
export { DescribeConfigs } from './apis/describe-configs.ts';
export { AlterConfigs } from './apis/alter-configs.ts';
export { AlterReplicaLogDirs } from './apis/alter-replica-log-dirs.ts';
export { DescribeLogDirs } from './apis/describe-log-dirs.ts';
export { SaslAuthenticate } from './apis/sasl-authenticate.ts';
export { CreatePartitions } from './apis/create-partitions.ts';
export { CreateDelegationToken } from './apis/create-delegation-token.ts';
export { RenewDelegationToken } from './apis/renew-delegation-token.ts';
export { ExpireDelegationToken } from './apis/expire-delegation-token.ts';
export { DescribeDelegationToken } from './apis/describe-delegation-token.ts';
export { DeleteGroups } from './apis/delete-groups.ts';
export { ElectLeaders } from './apis/elect-leaders.ts';
export { IncrementalAlterConfigs } from './apis/incremental-alter-configs.ts';
export { AlterPartitionReassignments } from './apis/alter-partition-reassignments.ts';
export { ListPartitionReassignments } from './apis/list-partition-reassignments.ts';
export { OffsetDelete } from './apis/offset-delete.ts';
export { DescribeClientQuotas } from './apis/describe-client-quotas.ts';
export { AlterClientQuotas } from './apis/alter-client-quotas.ts';
export { DescribeUserScramCredentials } from './apis/describe-user-scram-credentials.ts';
export { AlterUserScramCredentials } from './apis/alter-user-scram-credentials.ts';
export { Vote } from './apis/vote.ts';
export { BeginQuorumEpoch } from './apis/begin-quorum-epoch.ts';
export { EndQuorumEpoch } from './apis/end-quorum-epoch.ts';
export { DescribeQuorum } from './apis/describe-quorum.ts';
export { AlterPartition } from './apis/alter-partition.ts';
export { UpdateFeatures } from './apis/update-features.ts';
export { Envelope } from './apis/envelope.ts';
export { FetchSnapshot } from './apis/fetch-snapshot.ts';
export { DescribeCluster } from './apis/describe-cluster.ts';
export { DescribeProducers } from './apis/describe-producers.ts';
export { BrokerRegistration } from './apis/broker-registration.ts';
export { BrokerHeartbeat } from './apis/broker-heartbeat.ts';
export { UnregisterBroker } from './apis/unregister-broker.ts';
export { DescribeTransactions } from './apis/describe-transactions.ts';
export { ListTransactions } from './apis/list-transactions.ts';
export { AllocateProducerIds } from './apis/allocate-producer-ids.ts';
export { ConsumerGroupHeartbeat } from './apis/consumer-group-heartbeat.ts';
export { ConsumerGroupDescribe } from './apis/consumer-group-describe.ts';
export { ControllerRegistration } from './apis/controller-registration.ts';
export { GetTelemetrySubscriptions } from './apis/get-telemetry-subscriptions.ts';
export { PushTelemetry } from './apis/push-telemetry.ts';
export { AssignReplicasToDirs } from './apis/assign-replicas-to-dirs.ts';
export { ListConfigResources } from './apis/list-config-resources.ts';
export { DescribeTopicPartitions } from './apis/describe-topic-partitions.ts';
export { ShareGroupHeartbeat } from './apis/share-group-heartbeat.ts';
export { ShareGroupDescribe } from './apis/share-group-describe.ts';
export { ShareFetch } from './apis/share-fetch.ts';
export { ShareAcknowledge } from './apis/share-acknowledge.ts';
export { AddRaftVoter } from './apis/add-raft-voter.ts';
export { RemoveRaftVoter } from './apis/remove-raft-voter.ts';
export { UpdateRaftVoter } from './apis/update-raft-voter.ts';
export { InitializeShareGroupState } from './apis/initialize-share-group-state.ts';
export { ReadShareGroupState } from './apis/read-share-group-state.ts';
export { WriteShareGroupState } from './apis/write-share-group-state.ts';
export { DeleteShareGroupState } from './apis/delete-share-group-state.ts';
export { ReadShareGroupStateSummary } from './apis/read-share-group-state-summary.ts';
export { StreamsGroupHeartbeat } from './apis/streams-group-heartbeat.ts';
export { StreamsGroupDescribe } from './apis/streams-group-describe.ts';
export { DescribeShareGroupOffsets } from './apis/describe-share-group-offsets.ts';
export { AlterShareGroupOffsets } from './apis/alter-share-group-offsets.ts';
export { DeleteShareGroupOffsets } from './apis/delete-share-group-offsets.ts';
export { apiByKey, apis } from './apis/all.ts';
export { RequestHeader, ResponseHeader } from './data/headers.ts';
export {
  ControlRecordTypeSchema,
  EndTxnMarker,
  LeaderChangeMessage,
  SnapshotHeaderRecord,
  SnapshotFooterRecord,
  KRaftVersionRecord,
  VotersRecord,
} from './data/control-records.ts';
export { ConsumerProtocolSubscription, ConsumerProtocolAssignment } from './data/consumer-protocol.ts';
export { DefaultPrincipalData } from './data/default-principal-data.ts';
export {
  OffsetCommitKey,
  OffsetCommitValue,
  LegacyOffsetCommitKey,
  LegacyOffsetCommitValue,
} from './data/offset-commit-records.ts';
export { GroupMetadataKey, GroupMetadataValue } from './data/group-metadata-records.ts';
export {
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
} from './data/consumer-group-records.ts';
export {
  ShareGroupMetadataKey,
  ShareGroupMetadataValue,
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
} from './data/share-group-records.ts';
export {
  StreamsGroupMetadataKey,
  StreamsGroupMetadataValue,
  StreamsGroupMemberMetadataKey,
  StreamsGroupMemberMetadataValue,
  StreamsGroupTargetAssignmentMetadataKey,
  StreamsGroupTargetAssignmentMetadataValue,
  StreamsGroupTargetAssignmentMemberKey,
  StreamsGroupTargetAssignmentMemberValue,
  StreamsGroupCurrentMemberAssignmentKey,
  StreamsGroupCurrentMemberAssignmentValue,
  StreamsGroupTopologyKey,
  StreamsGroupTopologyValue,
} from './data/streams-group-records.ts';
export { TransactionLogKey, TransactionLogValue } from './data/transaction-log-records.ts';
export { ShareSnapshotKey, ShareSnapshotValue, ShareUpdateKey, ShareUpdateValue } from './data/share-state-records.ts';
export { ProducerSnapshot } from './data/producer-snapshot.ts';
export {
  RemoteLogSegmentMetadataRecord,
  RemoteLogSegmentMetadataUpdateRecord,
  RemoteLogSegmentMetadataSnapshotRecord,
  RemotePartitionDeleteMetadataRecord,
} from './data/remote-log-records.ts';
export { QuorumStateData } from './data/quorum-state-data.ts';
export { SubscriptionInfoData } from './data/streams-subscription-info.ts';
export {
  attributeBits,
  batchHeaderLength,
  BatchHeader,
  readBatchHeader,
  type TimestampType,
} from './records/batch-header.ts';
export { batchesOf, type BatchSlice } from './records/batches-of.ts';
export {
  buildBatch,
  maxSizeOfRecord,
  sizeOfBatch,
  type BatchInput,
  type HeaderInput,
  type RecordInput,
} from './records/batch-builder.ts';
export { codecId, codecOf, type Codec } from './records/codec.ts';
export { compress, compressAsync, decompress, decompressAsync } from './records/compression.ts';
export {
  controlRecord,
  readControlMessage,
  type QuorumMessage,
  type QuorumMessageInput,
  type QuorumRecordName,
} from './records/control-messages.ts';
export {
  buildControlBatch,
  buildEndTxnMarker,
  controlRecordKey,
  ControlRecordType,
  readControlRecord,
  readEndTxnMarker,
  type ControlBatchInput,
  type ControlRecordInput,
  type ControlRecordKey,
  type ControlRecordName,
  type EndTxnMarkerInput,
} from './records/control-records.ts';
export {
  patchBatch,
  patchTimestamps,
  verifyCrc,
  type BatchAssignment,
  type BatchTimestamps,
} from './records/patch-batch.ts';
export { RecordCursor } from './records/record-cursor.ts';
export { readVarlong, sizeOfVarlong, writeVarint, writeVarlong } from './records/varint.ts';
export {
  defaultMaxRecordsBytes,
  recordCursor,
  recordsOf,
  recordsPayload,
  type ReadOptions,
  type Record,
  type RecordHeader,
} from './records/records-of.ts';
export {
  validateClientFrame,
  validateClientHeader,
  type BatchError,
  type HeaderLimits,
} from './records/validate-header.ts';
export {
  validateRecords,
  type RecordError,
  type RecordErrors,
  type TimestampWindow,
  type ValidationOptions,
} from './records/validate-records.ts';
export { fuzzDecoders } from './fuzz/fuzz-decoders.ts';
export type { FuzzOptions, FuzzReport } from './fuzz/fuzz-rounds.ts';
export { loadFuzzTools, type FuzzTools } from './fuzz/fuzz-tools.ts';
