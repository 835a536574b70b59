/**
 * An image as the records that make it: what a snapshot holds. Replayed on an empty image they give the same image.
 */
import type { ClusterImage } from './image/cluster-image.ts';
import { resourceOfKey } from './image/configs-image.ts';
import { metadataVersionFeature, type MetadataImage } from './image/metadata-image.ts';
import type { TopicImage } from './image/topics-image.ts';
import { MetadataDelta } from './delta/metadata-delta.ts';
import type { MetadataRecord } from './metadata-record.ts';
import { encodeRecord } from './record-codec.ts';

/** The feature levels come first (metadata.version before all), a topic before its partitions. */
export function* imageToRecords(image: MetadataImage): Generator<MetadataRecord> {
  yield* featureRecords(image);
  yield* clusterRecords(image.cluster);
  for (const topic of image.topics) yield* topicRecords(topic);
  for (const [key, texts] of image.configs.byResource) {
    const resource = resourceOfKey(key);
    for (const [name, value] of texts) yield { type: 'config', ...resource, name, value };
  }
  for (const { entity, values } of image.clientQuotas.entities.values()) {
    for (const [key, value] of values) yield { type: 'clientQuota', entity, key, value, remove: false };
  }
  if (image.nextProducerId > 0) {
    yield { type: 'producerIds', brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId };
  }
  for (const credential of image.scram.credentials.values()) yield { type: 'userScramCredential', ...credential };
  for (const acl of image.acls.values()) yield { type: 'accessControlEntry', ...acl };
  for (const token of image.delegationTokens.values()) yield { type: 'delegationToken', ...token };
}

/** The values of a snapshot's records, made as they are asked for. */
export function* snapshotValues(image: MetadataImage): Generator<Buffer> {
  for (const record of imageToRecords(image)) yield encodeRecord(record);
}

/** The delta that leads from nothing to an image, for a publisher that has seen nothing yet. */
export function deltaFromEmpty(image: MetadataImage): MetadataDelta {
  const delta = new MetadataDelta();
  for (const record of imageToRecords(image)) delta.replay(record);
  return delta;
}

function* featureRecords(image: MetadataImage): Generator<MetadataRecord> {
  const metadataVersion = image.features.get(metadataVersionFeature);
  if (metadataVersion !== undefined) {
    yield { type: 'featureLevel', name: metadataVersionFeature, featureLevel: metadataVersion };
  }
  for (const [name, featureLevel] of image.features) {
    if (name !== metadataVersionFeature) yield { type: 'featureLevel', name, featureLevel };
  }
}

function* clusterRecords(cluster: ClusterImage): Generator<MetadataRecord> {
  for (const { id, endpoints, ...controller } of cluster.controllers.values()) {
    yield { type: 'registerController', controllerId: id, endPoints: [...endpoints.values()], ...controller };
  }
  for (const { id, epoch, endpoints, ...broker } of cluster.brokers.values()) {
    const endPoints = [...endpoints.values()];
    yield { type: 'registerBroker', brokerId: id, brokerEpoch: epoch, endPoints, ...broker };
  }
}

function* topicRecords(topic: TopicImage): Generator<MetadataRecord> {
  yield { type: 'topic', name: topic.name, topicId: topic.id };
  for (const [partitionId, { elr, ...partition }] of topic.partitions) {
    yield { type: 'partition', topicId: topic.id, partitionId, eligibleLeaderReplicas: elr, ...partition };
  }
}
