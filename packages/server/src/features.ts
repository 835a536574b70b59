/** Which features this build knows, and what the cluster has finalized: what ApiVersions and registrations tell. */
import { defaultControllerConfig, type ControllerConfig } from '@tidelog/controller';
import type { MetadataImage } from '@tidelog/metadata';
import type { AdvertisedFeatures } from '@tidelog/net';

/** What the controller manages, and the version of the quorum's own records, which the quorum manages itself. */
export const supportedFeatures: ControllerConfig['supportedFeatures'] = [
  ...defaultControllerConfig.supportedFeatures,
  { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
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
