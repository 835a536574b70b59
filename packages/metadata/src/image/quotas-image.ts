/**
 * Client quotas at one point of the metadata log.
 */
import type { QuotaEntity } from '../metadata-record.ts';
import { PersistentMap } from '../persistent-map.ts';

export interface ClientQuotaImage {
  /** Sorted by entity type. */
  readonly entity: readonly QuotaEntity[];
  /** By quota key, such as producer_byte_rate. Never empty. */
  readonly values: ReadonlyMap<string, number>;
}

/** An entity's key in the image: the same for every order of its parts. */
export function quotaEntityKey(entity: readonly QuotaEntity[]): string {
  return JSON.stringify(sortedEntity(entity).map((part) => [part.entityType, part.entityName]));
}

export function sortedEntity(entity: readonly QuotaEntity[]): QuotaEntity[] {
  return entity.toSorted((a, b) => (a.entityType < b.entityType ? -1 : a.entityType > b.entityType ? 1 : 0));
}

export class ClientQuotasImage {
  static readonly empty = new ClientQuotasImage(PersistentMap.empty());

  /** By quotaEntityKey. */
  readonly entities: PersistentMap<string, ClientQuotaImage>;

  constructor(entities: PersistentMap<string, ClientQuotaImage>) {
    this.entities = entities;
  }

  get(entity: readonly QuotaEntity[]): ClientQuotaImage | undefined {
    return this.entities.get(quotaEntityKey(entity));
  }
}
