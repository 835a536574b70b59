import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int64, string } from '../schema/field.ts';

/** Tells which APIs, versions and features a broker speaks. The response header is always version 0. */
// v1  throttle time
// v3  flexible encoding; software of the client, features of the cluster (KIP-511, KIP-584)
// v4  a supported feature may begin at 0 (KIP-1022)
export const ApiVersions = api('ApiVersions', {
  key: 18,
  versions: [0, 4],
  flexibleSince: 3,

  request: {
    clientSoftwareName: string({ since: 3, ignorable: true }),
    clientSoftwareVersion: string({ since: 3, ignorable: true }),
  },
  response: {
    errorCode: int16(),
    apiKeys: array({
      apiKey: int16(),
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ since: 1, default: 0 }),
    supportedFeatures: array(
      {
        name: string(),
        minVersion: int16(),
        maxVersion: int16(),
      },
      { since: 3, tag: 0 },
    ),
    finalizedFeaturesEpoch: int64({ since: 3, default: -1, tag: 1 }),
    finalizedFeatures: array(
      {
        name: string(),
        maxVersionLevel: int16(),
        minVersionLevel: int16(),
      },
      { since: 3, tag: 2 },
    ),
    zkMigrationReady: boolean({ since: 3, default: false, tag: 3 }),
  },
});
