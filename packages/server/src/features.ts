/** Which features this build knows, and what the cluster has finalized: what ApiVersions and registrations tell. */
import { defaultControllerConfig, type ControllerConfig } from '@tidelog/controller';
import type { MetadataImage } from '@tidelog/metadata';
import type { AdvertisedFeatures } from '@tidelog/net';

const quorumFeature = 'kraft.version';

/** What the controller manages, and the version of the quorum's own records, which the quorum manages itself. */
export const supportedFeatures: ControllerConfig['supportedFeatures'] = [
  ...defaultControllerConfig.supportedFeatures,
  { name: quorumFeature, minSupportedVersion: 0, maxSupportedVersion: 1 },
];

export function advertisedFeatures(image: MetadataImage, kraftVersion: number): AdvertisedFeatures {
  const levels = new Map(image.features);
  if (kraftVersion > 0) levels.set(quorumFeature, kraftVersion);
  return {
    supported: supportedFeatures.map(({ name, minSupportedVersion, maxSupportedVersion }) => {
      return { name, minVersion: minSupportedVersion, maxVersion: maxSupportedVersion };
    }),
    finalized: Array.from(levels, ([name, level]) => ({ name, minVersion: level, maxVersion: level })),
    finalizedEpoch: image.offset,
  };
}
