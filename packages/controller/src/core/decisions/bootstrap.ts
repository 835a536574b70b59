/**
 * The first records of a new cluster: the levels of all features, and what eligible leader replicas need (KIP-966).
 */
import { ConfigResourceType, type MetadataRecord } from '@tidelog/metadata';
import type { DecisionContext } from '../decision.ts';
import { elrFeature, minInSyncReplicasKey } from '../topic-settings.ts';

/** Its level is in the quorum's own control records. */
const quorumFeature = 'kraft.version';

/** None unless the metadata is empty of feature levels. */
export function decideBootstrap({ image, config }: Pick<DecisionContext, 'image' | 'config'>): MetadataRecord[] {
  if (image.features.size > 0) return [];
  const records: MetadataRecord[] = [];
  for (const { name, maxSupportedVersion } of config.supportedFeatures) {
    const featureLevel = config.bootstrapFeatures.get(name) ?? maxSupportedVersion;
    if (featureLevel === 0 || name === quorumFeature) continue;
    records.push({ type: 'featureLevel', name, featureLevel });
    if (name === elrFeature) records.push(...planElrSafety({ image, config }));
  }
  return records;
}

/** One value of min.insync.replicas for the whole cluster, which everybody can read off the metadata. */
export function planElrSafety({ image, config }: Pick<DecisionContext, 'image' | 'config'>): MetadataRecord[] {
  const { configs } = image;
  const resource = { type: 'config', resourceType: ConfigResourceType.BROKER, name: minInSyncReplicasKey } as const;
  const records: MetadataRecord[] = [];
  if (!configs.clusterDefault().has(minInSyncReplicasKey)) {
    const value = config.staticConfigs.get(minInSyncReplicasKey) ?? '1';
    records.push({ ...resource, resourceName: '', value });
  }
  for (const resourceName of configs.resourcesOf(ConfigResourceType.BROKER)) {
    if (resourceName === '' || !configs.get(resource.resourceType, resourceName).has(minInSyncReplicasKey)) continue;
    records.push({ ...resource, resourceName, value: null });
  }
  return records;
}
