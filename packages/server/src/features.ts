/** Which features this build knows, and what the cluster has finalized: what ApiVersions and registrations tell. */
import { metadataVersionFeature, type MetadataImage } from '@tidelog/metadata';
import type { AdvertisedFeatures } from '@tidelog/net';

interface Feature {
  readonly name: string;
  readonly minSupportedVersion: number;
  readonly maxSupportedVersion: number;
}

/** Levels as of Kafka 4.3; a feature that Tidelog does not have yet is not in the list. */
export const supportedFeatures: readonly Feature[] = [
  { name: metadataVersionFeature, minSupportedVersion: 7, maxSupportedVersion: 30 },
  { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: 'group.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: 'eligible.leader.replicas.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
];

export function advertisedFeatures(image: MetadataImage): AdvertisedFeatures {
  return {
    supported: supportedFeatures.map(({ name, minSupportedVersion, maxSupportedVersion }) => {
      return { name, minVersion: minSupportedVersion, maxVersion: maxSupportedVersion };
    }),
    finalized: Array.from(image.features, ([name, level]) => ({ name, minVersion: level, maxVersion: level })),
    finalizedEpoch: image.offset,
  };
}
