/**
 * Whether a node that wants to join speaks the levels of all features that the cluster has finalized (KIP-584).
 */
import type { FeaturesImage, SupportedFeature } from '@tidelog/metadata';

const requiredFeature = 'metadata.version';

/** Why a node with these features may not join a cluster with those levels, or undefined. */
export function unsupportedFeature(
  finalized: FeaturesImage,
  features: readonly SupportedFeature[],
): string | undefined {
  const byName = new Map(features.map((feature) => [feature.name, feature]));
  if (!byName.has(requiredFeature)) return `it does not say which ${requiredFeature} it supports`;
  for (const [name, level] of finalized) {
    const range = byName.get(name);
    const supports =
      range === undefined ? level === 0 : level >= range.minSupportedVersion && level <= range.maxSupportedVersion;
    if (supports) continue;
    const spoken = range === undefined ? 'none' : `${range.minSupportedVersion} to ${range.maxSupportedVersion}`;
    return `the cluster's level of ${name} is ${level}, and it supports ${spoken}`;
  }
  return undefined;
}
