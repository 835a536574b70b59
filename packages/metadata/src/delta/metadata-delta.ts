/**
 * The way from one image to the next: records are replayed into it, then it makes the new image.
 */
import type { Uuid } from '@tidelog/core';
import { emptyMetadataImage, type MetadataImage, type MetadataProvenance } from '../image/metadata-image.ts';
import type { BrokerImage, ControllerImage } from '../image/cluster-image.ts';
import type { ConfigTexts } from '../image/configs-image.ts';
import type { ClientQuotaImage } from '../image/quotas-image.ts';
import type { AclImage, DelegationTokenImage, ScramCredentialImage } from '../image/security-images.ts';
import type { AnyMetadataRecord } from '../metadata-record.ts';
import type { TopicsDelta } from './topics-delta.ts';

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
  readonly delegationTokens: Changes<string, DelegationTokenImage>;
  readonly nextProducerId: number | undefined;
}

/** A record that does not fit the state it is replayed on, such as a change of a partition that is not there. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}

export declare class MetadataDelta {
  constructor(image?: MetadataImage);
  /** The image that this delta starts from. */
  readonly image: MetadataImage;
  readonly changes: MetadataChanges;
  /** Throws ReplayError, having changed nothing. */
  replay(record: AnyMetadataRecord): void;
  /** After all records of a snapshot: what it did not mention is gone. */
  finishSnapshot(): void;
  apply(provenance: MetadataProvenance): MetadataImage;
}
export { emptyMetadataImage };
