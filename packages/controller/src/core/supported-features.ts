/**
 * The features of the cluster (KIP-584): which levels this build speaks and which ones a new cluster begins with.
 */
import type { FeaturesImage, SupportedFeature } from '@tidelog/metadata';

export interface FeatureRange {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The level of a new cluster. */
  readonly defaultLevel: number;
}

/** metadata.version 25 is 4.0-IV3, 30 is 4.3-IV0. kraft.version lives in the quorum's own records, not here. */
export const supportedFeatures: readonly FeatureRange[] = [
  { name: 'metadata.version', minVersion: 7, maxVersion: 30, defaultLevel: 30 },
  { name: 'transaction.version', minVersion: 0, maxVersion: 2, defaultLevel: 2 },
  { name: 'group.version', minVersion: 0, maxVersion: 1, defaultLevel: 1 },
  { name: 'eligible.leader.replicas.version', minVersion: 0, maxVersion: 1, defaultLevel: 1 },
  { name: 'share.version', minVersion: 0, maxVersion: 1, defaultLevel: 1 },
  { name: 'streams.version', minVersion: 0, maxVersion: 1, defaultLevel: 1 },
];

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
