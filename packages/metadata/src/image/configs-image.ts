/**
 * Dynamic configs of all resources at one point of the metadata log, as the texts that were set.
 */
import { PersistentMap } from '../persistent-map.ts';

/** Kafka's codes of resources that have configs. */
export const ConfigResourceType = { TOPIC: 2, BROKER: 4, BROKER_LOGGER: 8, CLIENT_METRICS: 16, GROUP: 32 } as const;

export type ConfigTexts = ReadonlyMap<string, string>;

/** A resource's key in the image: its type and its name. */
export function resourceKey(resourceType: number, resourceName: string): string {
  return `${resourceType}:${resourceName}`;
}

export function resourceOfKey(key: string): { readonly resourceType: number; readonly resourceName: string } {
  const at = key.indexOf(':');
  return { resourceType: Number(key.slice(0, at)), resourceName: key.slice(at + 1) };
}

const none: ConfigTexts = new Map();

export class ConfigsImage {
  static readonly empty = new ConfigsImage(PersistentMap.empty());

  /** By resourceKey; a resource without configs is absent. */
  readonly byResource: PersistentMap<string, ConfigTexts>;

  constructor(byResource: PersistentMap<string, ConfigTexts>) {
    this.byResource = byResource;
  }

  get(resourceType: number, resourceName: string): ConfigTexts {
    return this.byResource.get(resourceKey(resourceType, resourceName)) ?? none;
  }

  topic(name: string): ConfigTexts {
    return this.get(ConfigResourceType.TOPIC, name);
  }

  /** What was set for one broker alone. */
  broker(id: number): ConfigTexts {
    return this.get(ConfigResourceType.BROKER, String(id));
  }

  /** What was set for all brokers: the resource with the empty name. */
  clusterDefault(): ConfigTexts {
    return this.get(ConfigResourceType.BROKER, '');
  }

  group(groupId: string): ConfigTexts {
    return this.get(ConfigResourceType.GROUP, groupId);
  }

  clientMetrics(subscription: string): ConfigTexts {
    return this.get(ConfigResourceType.CLIENT_METRICS, subscription);
  }

  /** The names of resources of a type that have configs. */
  *resourcesOf(resourceType: number): Generator<string> {
    for (const key of this.byResource.keys()) {
      const resource = resourceOfKey(key);
      if (resource.resourceType === resourceType) yield resource.resourceName;
    }
  }
}
