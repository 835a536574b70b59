/**
 * The records of the metadata log, as plain data: one interface per record of Kafka 4.3, in meaning and in field names.
 * Every state of the cluster is what these records, replayed in order, make of an empty one. Their bytes are protobuf
 * (metadata.proto, record-codec.ts); ZooKeeper migration and the legacy fence and unfence records are left out.
 *
 * Optional fields of change records mean "unchanged" when absent. UUIDs are 22 characters, int64 are safe integers.
 */
import type { Uuid } from '@tidelog/core';

/** What every record may carry besides its own fields. */
export interface RecordExtras {
  /** The metadata.version from which a reader must understand this record; an older reader refuses to go on. */
  readonly requiredLevel?: number;
  /** Raw protobuf fields that this build does not know: of the record, and of the envelope around it. */
  readonly unknownFields?: Buffer;
  readonly unknownEnvelopeFields?: Buffer;
}

/** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
export type SecurityProtocol = number;

export interface Endpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly securityProtocol: SecurityProtocol;
  readonly unknownFields?: Buffer;
}

export interface SupportedFeature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
  readonly unknownFields?: Buffer;
}

/** Kafka type 0: a broker's new incarnation. */
export interface RegisterBrokerRecord extends RecordExtras {
  readonly type: 'registerBroker';
  readonly brokerId: number;
  readonly incarnationId: Uuid;
  readonly brokerEpoch: number;
  readonly endPoints: readonly Endpoint[];
  readonly features: readonly SupportedFeature[];
  readonly rack: string | null;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly logDirs: readonly Uuid[];
  readonly cordonedLogDirs: readonly Uuid[];
}

/** Kafka type 1. */
export interface UnregisterBrokerRecord extends RecordExtras {
  readonly type: 'unregisterBroker';
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

/** Kafka type 2. */
export interface TopicRecord extends RecordExtras {
  readonly type: 'topic';
  readonly name: string;
  readonly topicId: Uuid;
}

/** Kafka type 3: a partition as a whole. `leader` is -1 when there is none. */
export interface PartitionRecord extends RecordExtras {
  readonly type: 'partition';
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly replicas: readonly number[];
  /** One per replica, in the same order; empty means all unassigned. */
  readonly directories: readonly Uuid[];
  readonly isr: readonly number[];
  readonly eligibleLeaderReplicas: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly leaderRecoveryState: LeaderRecoveryState;
}

/** Whether the leader was elected from the ISR (0) or uncleanly and must still recover (1). */
export type LeaderRecoveryState = 0 | 1;
export const LeaderRecoveryState = { RECOVERED: 0, RECOVERING: 1 } as const;

/** Kafka type 4: a config value set, or removed when null. An empty broker name is the cluster-wide default. */
export interface ConfigRecord extends RecordExtras {
  readonly type: 'config';
  readonly resourceType: number;
  readonly resourceName: string;
  readonly name: string;
  readonly value: string | null;
}

/** Kafka type 5. An absent field is unchanged. A `leader`, even the same, bumps the leader epoch. */
export interface PartitionChangeRecord extends RecordExtras {
  readonly type: 'partitionChange';
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly isr?: readonly number[];
  readonly leader?: number;
  readonly replicas?: readonly number[];
  readonly directories?: readonly Uuid[];
  readonly removingReplicas?: readonly number[];
  readonly addingReplicas?: readonly number[];
  readonly leaderRecoveryState?: LeaderRecoveryState;
  readonly eligibleLeaderReplicas?: readonly number[];
  readonly lastKnownElr?: readonly number[];
}

/** Kafka type 9: the topic with its partitions and configs. */
export interface RemoveTopicRecord extends RecordExtras {
  readonly type: 'removeTopic';
  readonly topicId: Uuid;
}

/** Kafka type 10. */
export interface DelegationTokenRecord extends RecordExtras {
  readonly type: 'delegationToken';
  readonly owner: string;
  readonly requester: string;
  readonly renewers: readonly string[];
  readonly issueTimestamp: number;
  readonly maxTimestamp: number;
  readonly expirationTimestamp: number;
  readonly tokenId: string;
}

/** Kafka type 11. `mechanism`: 1 SCRAM-SHA-256, 2 SCRAM-SHA-512. */
export interface UserScramCredentialRecord extends RecordExtras {
  readonly type: 'userScramCredential';
  readonly name: string;
  readonly mechanism: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
}

/** Kafka type 12: a finalized feature level; 0 removes it. */
export interface FeatureLevelRecord extends RecordExtras {
  readonly type: 'featureLevel';
  readonly name: string;
  readonly featureLevel: number;
}

/** `entityName` null is the default entity of its type. */
export interface QuotaEntity {
  readonly entityType: string;
  readonly entityName: string | null;
  readonly unknownFields?: Buffer;
}

/** Kafka type 14. */
export interface ClientQuotaRecord extends RecordExtras {
  readonly type: 'clientQuota';
  readonly entity: readonly QuotaEntity[];
  readonly key: string;
  readonly value: number;
  readonly remove: boolean;
}

/** Kafka type 15: producer ids below `nextProducerId` are given away. */
export interface ProducerIdsRecord extends RecordExtras {
  readonly type: 'producerIds';
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly nextProducerId: number;
}

/** Kafka type 17. An absent field is unchanged; it also stands for the legacy records 7 and 8. */
export interface BrokerRegistrationChangeRecord extends RecordExtras {
  readonly type: 'brokerRegistrationChange';
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly fenced?: boolean;
  readonly inControlledShutdown?: boolean;
  readonly logDirs?: readonly Uuid[];
  readonly cordonedLogDirs?: readonly Uuid[];
}

/** Kafka type 18. Codes of resource, pattern, operation and permission are Kafka's. */
export interface AccessControlEntryRecord extends RecordExtras {
  readonly type: 'accessControlEntry';
  readonly id: Uuid;
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}

/** Kafka type 19. */
export interface RemoveAccessControlEntryRecord extends RecordExtras {
  readonly type: 'removeAccessControlEntry';
  readonly id: Uuid;
}

/** Kafka type 20: keeps the log moving so that followers can tell that the controller lives. */
export interface NoOpRecord extends RecordExtras {
  readonly type: 'noOp';
}

/** Kafka type 22. */
export interface RemoveUserScramCredentialRecord extends RecordExtras {
  readonly type: 'removeUserScramCredential';
  readonly name: string;
  readonly mechanism: number;
}

/** Kafka types 23 to 25: what stands between begin and end becomes visible at once, or never (KIP-868). */
export interface BeginTransactionRecord extends RecordExtras {
  readonly type: 'beginTransaction';
  readonly name: string | null;
}

export interface EndTransactionRecord extends RecordExtras {
  readonly type: 'endTransaction';
}

export interface AbortTransactionRecord extends RecordExtras {
  readonly type: 'abortTransaction';
  readonly reason: string | null;
}

/** Kafka type 26. */
export interface RemoveDelegationTokenRecord extends RecordExtras {
  readonly type: 'removeDelegationToken';
  readonly tokenId: string;
}

/** Kafka type 27. */
export interface RegisterControllerRecord extends RecordExtras {
  readonly type: 'registerController';
  readonly controllerId: number;
  readonly incarnationId: Uuid;
  readonly endPoints: readonly Endpoint[];
  readonly features: readonly SupportedFeature[];
}

/** Kafka type 28: forgets the eligible leader replicas of a topic, of all topics when the name is empty (KIP-966). */
export interface ClearElrRecord extends RecordExtras {
  readonly type: 'clearElr';
  readonly topicName: string;
}

export type MetadataRecord =
  | RegisterBrokerRecord
  | UnregisterBrokerRecord
  | TopicRecord
  | PartitionRecord
  | ConfigRecord
  | PartitionChangeRecord
  | RemoveTopicRecord
  | DelegationTokenRecord
  | UserScramCredentialRecord
  | FeatureLevelRecord
  | ClientQuotaRecord
  | ProducerIdsRecord
  | BrokerRegistrationChangeRecord
  | AccessControlEntryRecord
  | RemoveAccessControlEntryRecord
  | NoOpRecord
  | RemoveUserScramCredentialRecord
  | BeginTransactionRecord
  | EndTransactionRecord
  | AbortTransactionRecord
  | RemoveDelegationTokenRecord
  | RegisterControllerRecord
  | ClearElrRecord;

export type MetadataRecordType = MetadataRecord['type'];

/** A record of a newer build whose writer did not require readers to understand it. Replaying it changes nothing. */
export interface UnknownRecord extends RecordExtras {
  readonly type: 'unknown';
  /** Its field number in the envelope of metadata.proto, 0 where that holds no record; and its message's bytes. */
  readonly fieldNumber: number;
  readonly bytes: Buffer;
}

/** What the record log may hold, as decoded. */
export type AnyMetadataRecord = MetadataRecord | UnknownRecord;
