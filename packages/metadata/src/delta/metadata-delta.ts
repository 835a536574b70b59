/**
 * The way from one image to the next: records are replayed into it, then it makes the new image, at the cost of what
 * changed. Publishers read from `changes` what that was.
 */
import type { Uuid } from '@tidelog/core';
import { ClusterImage, type BrokerImage, type ControllerImage } from '../image/cluster-image.ts';
import { ConfigResourceType, ConfigsImage, resourceKey, type ConfigTexts } from '../image/configs-image.ts';
import { emptyMetadataImage, type MetadataImage, type MetadataProvenance } from '../image/metadata-image.ts';
import { ClientQuotasImage, quotaEntityKey, sortedEntity, type ClientQuotaImage } from '../image/quotas-image.ts';
import {
  ScramImage,
  scramKey,
  type AclImage,
  type DelegationTokenImage,
  type ScramCredentialImage,
} from '../image/security-images.ts';
import type { AnyMetadataRecord, ClientQuotaRecord, ConfigRecord } from '../metadata-record.ts';
import { brokerInEpoch, brokerOf, changedBroker, controllerOf } from './cluster-replay.ts';
import { MapDelta } from './map-delta.ts';
import { withoutExtras } from './record-values.ts';
import { ReplayError } from './replay-error.ts';
import { TopicsDelta } from './topics-delta.ts';

/** Changed keys with their new values, undefined where gone. */
export type Changes<K, V> = ReadonlyMap<K, V | undefined>;

export interface MetadataChanges {
  readonly topics: TopicsDelta;
  readonly features: Changes<string, number>;
  readonly brokers: Changes<number, BrokerImage>;
  readonly controllers: Changes<number, ControllerImage>;
  /** By resourceKey. */
  readonly configs: Changes<string, ConfigTexts>;
  /** By quotaEntityKey. */
  readonly clientQuotas: Changes<string, ClientQuotaImage>;
  /** By scramKey. */
  readonly scram: Changes<string, ScramCredentialImage>;
  readonly acls: Changes<Uuid, AclImage>;
  /** By token id. */
  readonly delegationTokens: Changes<string, DelegationTokenImage>;
}

export interface MetadataDeltaOptions {
  /** The records are those of a snapshot: together they replace everything. Call finishSnapshot after the last one. */
  readonly ofSnapshot?: boolean;
}

export class MetadataDelta {
  /** The image that this delta starts from. */
  readonly image: MetadataImage;
  readonly changes: MetadataChanges;
  readonly ofSnapshot: boolean;
  readonly #topics: TopicsDelta;
  readonly #features: MapDelta<string, number>;
  readonly #brokers: MapDelta<number, BrokerImage>;
  readonly #controllers: MapDelta<number, ControllerImage>;
  readonly #configs: MapDelta<string, ConfigTexts>;
  readonly #quotas: MapDelta<string, ClientQuotaImage>;
  readonly #scram: MapDelta<string, ScramCredentialImage>;
  readonly #acls: MapDelta<Uuid, AclImage>;
  readonly #tokens: MapDelta<string, DelegationTokenImage>;
  #nextProducerId: number;

  constructor(image: MetadataImage = emptyMetadataImage, options: MetadataDeltaOptions = {}) {
    const mode = { ofSnapshot: options.ofSnapshot ?? false };
    this.image = image;
    this.ofSnapshot = mode.ofSnapshot;
    this.#topics = new TopicsDelta(image.topics);
    this.#features = new MapDelta(image.features, mode);
    this.#brokers = new MapDelta(image.cluster.brokers, mode);
    this.#controllers = new MapDelta(image.cluster.controllers, mode);
    this.#configs = new MapDelta(image.configs.byResource, mode);
    this.#quotas = new MapDelta(image.clientQuotas.entities, mode);
    this.#scram = new MapDelta(image.scram.credentials, mode);
    this.#acls = new MapDelta(image.acls, mode);
    this.#tokens = new MapDelta(image.delegationTokens, mode);
    this.#nextProducerId = mode.ofSnapshot ? 0 : image.nextProducerId;
    this.changes = {
      topics: this.#topics,
      features: this.#features.changes,
      brokers: this.#brokers.changes,
      controllers: this.#controllers.changes,
      configs: this.#configs.changes,
      clientQuotas: this.#quotas.changes,
      scram: this.#scram.changes,
      acls: this.#acls.changes,
      delegationTokens: this.#tokens.changes,
    };
  }

  /**
   * Throws ReplayError where the record does not fit, having changed nothing. Records of transactions, no-ops and
   * unknown ones change nothing: what a transaction means is the loader's business.
   */
  replay(record: AnyMetadataRecord): void {
    switch (record.type) {
      case 'topic':
        return this.#topics.replayTopic(record);
      case 'partition':
        return this.#topics.replayPartition(record);
      case 'partitionChange':
        return this.#topics.replayPartitionChange(record);
      case 'removeTopic':
        return this.#configs.delete(topicResource(this.#topics.replayRemoveTopic(record.topicId)));
      case 'clearElr':
        return this.#topics.replayClearElr(record.topicName);
      case 'registerBroker':
        return this.#brokers.set(record.brokerId, brokerOf(record));
      case 'unregisterBroker':
        brokerInEpoch(this.#brokers.get(record.brokerId), record);
        return this.#brokers.delete(record.brokerId);
      case 'brokerRegistrationChange': {
        const broker = brokerInEpoch(this.#brokers.get(record.brokerId), record);
        return this.#brokers.set(record.brokerId, changedBroker(broker, record));
      }
      case 'registerController':
        return this.#controllers.set(record.controllerId, controllerOf(record));
      case 'config':
        return this.#replayConfig(record);
      case 'featureLevel':
        if (record.featureLevel === 0) return this.#features.delete(record.name);
        return this.#features.set(record.name, record.featureLevel);
      case 'clientQuota':
        return this.#replayQuota(record);
      case 'producerIds':
        this.#nextProducerId = record.nextProducerId;
        return;
      default:
        return this.#replaySecurity(record);
    }
  }

  /** After all records of a snapshot: what it did not mention is gone. */
  finishSnapshot(): void {
    this.#topics.finishSnapshot();
    for (const delta of [this.#features, this.#configs, this.#quotas, this.#scram, this.#acls, this.#tokens]) {
      delta.finishSnapshot();
    }
    this.#brokers.finishSnapshot();
    this.#controllers.finishSnapshot();
  }

  /** The image as of the record at `offset`, written in `epoch`. */
  apply(provenance: MetadataProvenance): MetadataImage {
    const { cluster, configs, clientQuotas, scram } = this.image;
    const brokers = this.#brokers.applyTo(cluster.brokers);
    const controllers = this.#controllers.applyTo(cluster.controllers);
    const same = brokers === cluster.brokers && controllers === cluster.controllers;
    return {
      offset: provenance.offset,
      epoch: provenance.epoch,
      features: this.#features.applyTo(this.image.features),
      cluster: same ? cluster : new ClusterImage(brokers, controllers),
      topics: this.#topics.apply(),
      configs: replaced(configs, configs.byResource, this.#configs.applyTo(configs.byResource), ConfigsImage),
      clientQuotas: replaced(
        clientQuotas,
        clientQuotas.entities,
        this.#quotas.applyTo(clientQuotas.entities),
        ClientQuotasImage,
      ),
      nextProducerId: this.#nextProducerId,
      scram: replaced(scram, scram.credentials, this.#scram.applyTo(scram.credentials), ScramImage),
      acls: this.#acls.applyTo(this.image.acls),
      delegationTokens: this.#tokens.applyTo(this.image.delegationTokens),
    };
  }

  #replaySecurity(record: AnyMetadataRecord): void {
    switch (record.type) {
      case 'accessControlEntry':
        return this.#acls.set(record.id, withoutExtras(record));
      case 'removeAccessControlEntry':
        if (this.#acls.get(record.id) === undefined) throw new ReplayError(`there is no ACL ${record.id} to remove`);
        return this.#acls.delete(record.id);
      case 'userScramCredential':
        return this.#scram.set(scramKey(record.mechanism, record.name), withoutExtras(record));
      case 'removeUserScramCredential': {
        const key = scramKey(record.mechanism, record.name);
        if (this.#scram.get(key) === undefined) throw new ReplayError(`there is no SCRAM credential ${key} to remove`);
        return this.#scram.delete(key);
      }
      case 'delegationToken':
        return this.#tokens.set(record.tokenId, withoutExtras(record));
      case 'removeDelegationToken':
        if (this.#tokens.get(record.tokenId) === undefined) {
          throw new ReplayError(`there is no delegation token ${record.tokenId} to remove`);
        }
        return this.#tokens.delete(record.tokenId);
      default:
    }
  }

  #replayConfig(record: ConfigRecord): void {
    const key = resourceKey(record.resourceType, record.resourceName);
    const texts = new Map(this.#configs.get(key));
    if (record.value === null) texts.delete(record.name);
    else texts.set(record.name, record.value);
    if (texts.size === 0) this.#configs.delete(key);
    else this.#configs.set(key, texts);
  }

  #replayQuota(record: ClientQuotaRecord): void {
    const key = quotaEntityKey(record.entity);
    const values = new Map(this.#quotas.get(key)?.values);
    if (record.remove) values.delete(record.key);
    else values.set(record.key, record.value);
    if (values.size === 0) this.#quotas.delete(key);
    else this.#quotas.set(key, { entity: sortedEntity(record.entity), values });
  }
}

function topicResource(name: string): string {
  return resourceKey(ConfigResourceType.TOPIC, name);
}

/** The image itself where its map did not change. */
function replaced<I, M>(image: I, before: M, after: M, make: new (map: M) => I): I {
  return after === before ? image : new make(after);
}
