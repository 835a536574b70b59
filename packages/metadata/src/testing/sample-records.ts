/**
 * For tests: every record type with every field away from its default, and a generator of record sequences that a
 * controller could have written.
 */
import { type Random, randomUuid, type Uuid } from '@tidelog/core';
import type { MetadataRecord, MetadataRecordType } from '../metadata-record.ts';
import type { RecordOf } from '../record-schema.ts';

export const sampleUuid: Uuid = 'kQ3vPzG2TyGGnY0-7cXJAg';
const otherUuid: Uuid = 'b8tRS7h4TJ2Vt43Dp85v2A';
const endPoints = [{ name: 'PLAINTEXT', host: 'host-1', port: 9092, securityProtocol: 3 }];
const features = [{ name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 }];

export const fullRecords: { readonly [T in MetadataRecordType]: RecordOf<T> } = {
  registerBroker: {
    type: 'registerBroker',
    brokerId: 3,
    incarnationId: sampleUuid,
    brokerEpoch: 2 ** 40,
    endPoints,
    features,
    rack: '',
    fenced: true,
    inControlledShutdown: true,
    logDirs: [sampleUuid, otherUuid],
    cordonedLogDirs: [otherUuid],
  },
  unregisterBroker: { type: 'unregisterBroker', brokerId: 3, brokerEpoch: 77 },
  topic: { type: 'topic', name: 'café', topicId: sampleUuid },
  partition: {
    type: 'partition',
    topicId: sampleUuid,
    partitionId: 300,
    replicas: [1, 2, 3],
    directories: [sampleUuid, otherUuid, sampleUuid],
    isr: [2, 1],
    eligibleLeaderReplicas: [3],
    lastKnownElr: [4],
    addingReplicas: [5],
    removingReplicas: [1],
    leader: -1,
    leaderEpoch: 9,
    partitionEpoch: 12,
    leaderRecoveryState: 1,
  },
  config: { type: 'config', resourceType: 2, resourceName: 't', name: 'retention.ms', value: '' },
  partitionChange: {
    type: 'partitionChange',
    topicId: sampleUuid,
    partitionId: 1,
    isr: [],
    leader: -1,
    replicas: [1],
    directories: [otherUuid],
    removingReplicas: [2],
    addingReplicas: [3],
    leaderRecoveryState: 0,
    eligibleLeaderReplicas: [4, 5],
    lastKnownElr: [],
  },
  removeTopic: { type: 'removeTopic', topicId: sampleUuid },
  delegationToken: {
    type: 'delegationToken',
    owner: 'User:a',
    requester: 'User:b',
    renewers: ['User:c', 'User:d'],
    issueTimestamp: 1,
    maxTimestamp: 2 ** 45,
    expirationTimestamp: 3,
    tokenId: 'token',
  },
  userScramCredential: {
    type: 'userScramCredential',
    name: 'alice',
    mechanism: 2,
    salt: Buffer.from('salt'),
    storedKey: Buffer.from([0, 255]),
    serverKey: Buffer.from('key'),
    iterations: 4096,
  },
  featureLevel: { type: 'featureLevel', name: 'metadata.version', featureLevel: 30 },
  clientQuota: {
    type: 'clientQuota',
    entity: [
      { entityType: 'client-id', entityName: null },
      { entityType: 'user', entityName: 'alice' },
    ],
    key: 'producer_byte_rate',
    value: 0.25,
    remove: true,
  },
  producerIds: { type: 'producerIds', brokerId: -1, brokerEpoch: -1, nextProducerId: 2 ** 52 },
  brokerRegistrationChange: {
    type: 'brokerRegistrationChange',
    brokerId: 3,
    brokerEpoch: 77,
    fenced: false,
    inControlledShutdown: true,
    logDirs: [],
    cordonedLogDirs: [sampleUuid],
  },
  accessControlEntry: {
    type: 'accessControlEntry',
    id: sampleUuid,
    resourceType: 2,
    resourceName: '*',
    patternType: 3,
    principal: 'User:alice',
    host: '*',
    operation: 3,
    permissionType: 2,
  },
  removeAccessControlEntry: { type: 'removeAccessControlEntry', id: sampleUuid },
  noOp: { type: 'noOp' },
  removeUserScramCredential: { type: 'removeUserScramCredential', name: 'alice', mechanism: 1 },
  beginTransaction: { type: 'beginTransaction', name: 'bootstrap' },
  endTransaction: { type: 'endTransaction' },
  abortTransaction: { type: 'abortTransaction', reason: 'a new leader' },
  removeDelegationToken: { type: 'removeDelegationToken', tokenId: 'token' },
  registerController: { type: 'registerController', controllerId: 1, incarnationId: sampleUuid, endPoints, features },
  clearElr: { type: 'clearElr', topicName: 't' },
};

/** Records whose fields are all at their defaults: next to nothing on the wire. */
export const bareRecords: readonly MetadataRecord[] = [
  {
    ...fullRecords.registerBroker,
    brokerId: 0,
    brokerEpoch: 0,
    endPoints: [],
    features: [],
    rack: null,
    fenced: false,
  },
  { ...fullRecords.config, value: null },
  { type: 'partitionChange', topicId: sampleUuid, partitionId: 0 },
  { type: 'brokerRegistrationChange', brokerId: 0, brokerEpoch: 0 },
  { type: 'beginTransaction', name: null },
  { ...fullRecords.userScramCredential, salt: Buffer.alloc(0) },
];

export function partitionRecord(topicId: Uuid, partitionId: number, changes: object = {}): RecordOf<'partition'> {
  return {
    type: 'partition',
    topicId,
    partitionId,
    replicas: [1, 2, 3],
    directories: [],
    isr: [1, 2, 3],
    eligibleLeaderReplicas: [],
    lastKnownElr: [],
    addingReplicas: [],
    removingReplicas: [],
    leader: 1,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 0,
    ...changes,
  };
}

/** Records that fit each other, in an order in which a controller could have written them. */
export function randomHistory(random: Random, length: number): MetadataRecord[] {
  const topics: { id: Uuid; name: string; partitions: number }[] = [];
  const out: MetadataRecord[] = [];
  const makers: (() => MetadataRecord[])[] = [
    () => {
      const topic = { id: randomUuid(random), name: `t${random.below(1e9)}`, partitions: 1 + random.below(40) };
      topics.push(topic);
      const records: MetadataRecord[] = [{ type: 'topic', name: topic.name, topicId: topic.id }];
      for (let i = 0; i < topic.partitions; i++) {
        records.push(partitionRecord(topic.id, i, { eligibleLeaderReplicas: random.below(2) === 0 ? [] : [2] }));
      }
      return records;
    },
    () => {
      const topic = topics[random.below(Math.max(topics.length, 1))];
      if (topic === undefined) return [];
      const partitionId = random.below(topic.partitions);
      const leader = random.below(3) === 0 ? {} : { leader: random.below(4) };
      return [{ type: 'partitionChange', topicId: topic.id, partitionId, isr: [1 + random.below(3)], ...leader }];
    },
    () => {
      if (topics.length < 3) return [];
      const [topic] = topics.splice(random.below(topics.length), 1);
      return topic === undefined ? [] : [{ type: 'removeTopic', topicId: topic.id }];
    },
    () => {
      const topic = topics[random.below(Math.max(topics.length, 1))];
      const value = random.below(3) === 0 ? null : String(random.below(1000));
      const resourceName = topic?.name ?? '';
      return [{ type: 'config', resourceType: topic ? 2 : 4, resourceName, name: `k${random.below(4)}`, value }];
    },
    () => [{ ...fullRecords.registerBroker, brokerId: random.below(60), brokerEpoch: random.below(100) }],
    () => [{ ...fullRecords.clientQuota, key: `q${random.below(3)}`, remove: random.below(2) === 0 }],
    () => [{ ...fullRecords.accessControlEntry, id: randomUuid(random) }],
    () => [{ ...fullRecords.userScramCredential, name: `u${random.below(5)}` }],
    () => [{ ...fullRecords.featureLevel, name: `f${random.below(3)}`, featureLevel: random.below(3) }],
    () => [{ type: 'clearElr', topicName: topics[0]?.name ?? '' }],
    () => [{ ...fullRecords.producerIds, nextProducerId: out.length * 1000 }],
  ];
  while (out.length < length) out.push(...(makers[random.below(makers.length)]?.() ?? []));
  return out;
}
