/**
 * The table of metadata.proto in TypeScript: each record's field numbers, and its number in the envelope, which is its
 * Kafka record type plus ten. The compiler checks the table against the records' interfaces, record-schema.test.ts
 * against the .proto file. A number once used is never given to anything else.
 */
import {
  LeaderRecoveryState,
  type Endpoint,
  type MetadataRecord,
  type MetadataRecordType,
  type QuotaEntity,
  type SupportedFeature,
} from './metadata-record.ts';
import * as f from './wire-field.ts';
import { message, messages, type Fields, type WireMessage } from './wire-message.ts';

export type RecordOf<T extends MetadataRecordType> = Extract<MetadataRecord, { readonly type: T }>;

export interface RecordSchema<T extends MetadataRecordType = MetadataRecordType> {
  readonly fieldNumber: number;
  readonly type: T;
  readonly message: WireMessage<RecordOf<T>>;
}

/** Below this the envelope's own fields, from here on the records. */
export const firstRecordField = 10;

function record<T extends MetadataRecordType>(
  kafkaType: number,
  type: T,
  fields: Fields<RecordOf<T>>,
): RecordSchema<T> {
  const name = `${type.charAt(0).toUpperCase()}${type.slice(1)}Record`;
  return { fieldNumber: firstRecordField + kafkaType, type, message: message<RecordOf<T>>(name, fields) };
}

const endpoint = message<Endpoint>('Endpoint', {
  name: f.string(1),
  host: f.string(2),
  port: f.int32(3),
  securityProtocol: f.int32(4),
});

const feature = message<SupportedFeature>('SupportedFeature', {
  name: f.string(1),
  minSupportedVersion: f.int32(2),
  maxSupportedVersion: f.int32(3),
});

const quotaEntity = message<QuotaEntity>('QuotaEntity', { entityType: f.string(1), entityName: f.nullableString(2) });

const isRecoveryState = (value: number): value is LeaderRecoveryState =>
  value === LeaderRecoveryState.RECOVERED || value === LeaderRecoveryState.RECOVERING;

/** Typed by record; a record that is missing here does not compile. */
const schemas: { readonly [T in MetadataRecordType]: RecordSchema<T> } = {
  registerBroker: record(0, 'registerBroker', {
    brokerId: f.int32(1),
    incarnationId: f.uuid(2),
    brokerEpoch: f.sint64(3),
    endPoints: messages(4, endpoint),
    features: messages(5, feature),
    rack: f.nullableString(6),
    fenced: f.bool(7),
    inControlledShutdown: f.bool(8),
    logDirs: f.uuids(9),
    cordonedLogDirs: f.uuids(10),
  }),
  unregisterBroker: record(1, 'unregisterBroker', { brokerId: f.int32(1), brokerEpoch: f.sint64(2) }),
  topic: record(2, 'topic', { name: f.string(1), topicId: f.uuid(2) }),
  partition: record(3, 'partition', {
    topicId: f.uuid(1),
    partitionId: f.int32(2),
    replicas: f.int32s(3),
    directories: f.uuids(4),
    isr: f.int32s(5),
    eligibleLeaderReplicas: f.int32s(6),
    lastKnownElr: f.int32s(7),
    addingReplicas: f.int32s(8),
    removingReplicas: f.int32s(9),
    leader: f.sint32(10),
    leaderEpoch: f.sint32(11),
    partitionEpoch: f.sint32(12),
    leaderRecoveryState: f.narrowed(f.int32(13), isRecoveryState),
  }),
  config: record(4, 'config', {
    resourceType: f.int32(1),
    resourceName: f.string(2),
    name: f.string(3),
    value: f.nullableString(4),
  }),
  partitionChange: record(5, 'partitionChange', {
    topicId: f.uuid(1),
    partitionId: f.int32(2),
    isr: f.optionalInt32s(3),
    leader: f.optionalSint32(4),
    replicas: f.optionalInt32s(5),
    directories: f.optionalUuids(6),
    removingReplicas: f.optionalInt32s(7),
    addingReplicas: f.optionalInt32s(8),
    leaderRecoveryState: f.narrowed(f.optionalSint32(9), isRecoveryState),
    eligibleLeaderReplicas: f.optionalInt32s(10),
    lastKnownElr: f.optionalInt32s(11),
  }),
  removeTopic: record(9, 'removeTopic', { topicId: f.uuid(1) }),
  delegationToken: record(10, 'delegationToken', {
    owner: f.string(1),
    requester: f.string(2),
    renewers: f.strings(3),
    issueTimestamp: f.sint64(4),
    maxTimestamp: f.sint64(5),
    expirationTimestamp: f.sint64(6),
    tokenId: f.string(7),
  }),
  userScramCredential: record(11, 'userScramCredential', {
    name: f.string(1),
    mechanism: f.int32(2),
    salt: f.bytes(3),
    storedKey: f.bytes(4),
    serverKey: f.bytes(5),
    iterations: f.int32(6),
  }),
  featureLevel: record(12, 'featureLevel', { name: f.string(1), featureLevel: f.int32(2) }),
  clientQuota: record(14, 'clientQuota', {
    entity: messages(1, quotaEntity),
    key: f.string(2),
    value: f.double(3),
    remove: f.bool(4),
  }),
  producerIds: record(15, 'producerIds', {
    brokerId: f.sint32(1),
    brokerEpoch: f.sint64(2),
    nextProducerId: f.sint64(3),
  }),
  brokerRegistrationChange: record(17, 'brokerRegistrationChange', {
    brokerId: f.int32(1),
    brokerEpoch: f.sint64(2),
    fenced: f.optionalBool(3),
    inControlledShutdown: f.optionalBool(4),
    logDirs: f.optionalUuids(5),
    cordonedLogDirs: f.optionalUuids(6),
  }),
  accessControlEntry: record(18, 'accessControlEntry', {
    id: f.uuid(1),
    resourceType: f.int32(2),
    resourceName: f.string(3),
    patternType: f.int32(4),
    principal: f.string(5),
    host: f.string(6),
    operation: f.int32(7),
    permissionType: f.int32(8),
  }),
  removeAccessControlEntry: record(19, 'removeAccessControlEntry', { id: f.uuid(1) }),
  noOp: record(20, 'noOp', {}),
  removeUserScramCredential: record(22, 'removeUserScramCredential', { name: f.string(1), mechanism: f.int32(2) }),
  beginTransaction: record(23, 'beginTransaction', { name: f.nullableString(1) }),
  endTransaction: record(24, 'endTransaction', {}),
  abortTransaction: record(25, 'abortTransaction', { reason: f.nullableString(1) }),
  removeDelegationToken: record(26, 'removeDelegationToken', { tokenId: f.string(1) }),
  registerController: record(27, 'registerController', {
    controllerId: f.int32(1),
    incarnationId: f.uuid(2),
    endPoints: messages(3, endpoint),
    features: messages(4, feature),
  }),
  clearElr: record(28, 'clearElr', { topicName: f.string(1) }),
};

/** The message of records of any type, for code that has checked that they belong together. */
export interface AnyRecordSchema {
  readonly fieldNumber: number;
  readonly type: MetadataRecordType;
  readonly message: WireMessage<MetadataRecord>;
}

export const recordSchemas = schemas as unknown as Readonly<Record<MetadataRecordType, AnyRecordSchema>>;

export const schemaByField: ReadonlyMap<number, AnyRecordSchema> = new Map(
  Object.values(recordSchemas).map((schema) => [schema.fieldNumber, schema]),
);

/** Messages that records contain, for the test against the .proto file. */
export const nestedMessages = [endpoint, feature, quotaEntity] as const;
