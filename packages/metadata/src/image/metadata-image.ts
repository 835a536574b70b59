/**
 * The cluster's truth at one point of the metadata log. Immutable: a delta makes the next image and shares with this
 * one everything that did not change, so that keeping or comparing images is cheap.
 */
import type { Uuid } from '@tidelog/core';
import { PersistentMap } from '../persistent-map.ts';
import { ClusterImage } from './cluster-image.ts';
import { ConfigsImage } from './configs-image.ts';
import { ClientQuotasImage } from './quotas-image.ts';
import { ScramImage, type AclImage, type DelegationTokenImage } from './security-images.ts';
import { TopicsImage } from './topics-image.ts';

/** The last record an image contains. -1 before any. */
export interface MetadataProvenance {
  readonly offset: number;
  readonly epoch: number;
}

/** Finalized feature levels by name; absent is 0. */
export type FeaturesImage = PersistentMap<string, number>;

export interface MetadataImage extends MetadataProvenance {
  readonly features: FeaturesImage;
  readonly cluster: ClusterImage;
  readonly topics: TopicsImage;
  readonly configs: ConfigsImage;
  readonly clientQuotas: ClientQuotasImage;
  /** Producer ids below this are given away. */
  readonly nextProducerId: number;
  readonly scram: ScramImage;
  readonly acls: PersistentMap<Uuid, AclImage>;
  /** By token id. */
  readonly delegationTokens: PersistentMap<string, DelegationTokenImage>;
}

export const emptyMetadataImage: MetadataImage = {
  offset: -1,
  epoch: -1,
  features: PersistentMap.empty(),
  cluster: ClusterImage.empty,
  topics: TopicsImage.empty,
  configs: ConfigsImage.empty,
  clientQuotas: ClientQuotasImage.empty,
  nextProducerId: 0,
  scram: ScramImage.empty,
  acls: PersistentMap.empty(),
  delegationTokens: PersistentMap.empty(),
};

export const metadataVersionFeature = 'metadata.version';

/** The finalized metadata.version, 0 before the bootstrap records. */
export function metadataVersionOf(image: MetadataImage): number {
  return image.features.get(metadataVersionFeature) ?? 0;
}
