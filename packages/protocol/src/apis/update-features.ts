import { api } from '../schema/api.ts';
import { array, boolean, int16, int32, int8, string } from '../schema/field.ts';

/** Raises and lowers the finalized levels of features (KIP-584). */
// v1  kind of the change, and trying it without effect
// v2  one result for all features
export const UpdateFeatures = api('UpdateFeatures', {
  key: 57,
  versions: [0, 2],
  flexibleSince: 0,

  request: {
    timeoutMs: int32({ default: 60000 }),
    featureUpdates: array({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: boolean({ until: 0 }),
      upgradeType: int8({ since: 1, default: 1 }),
    }),
    validateOnly: boolean({ since: 1, default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    errorCode: int16(),
    errorMessage: string({ nullable: true }),
    results: array(
      {
        feature: string(),
        errorCode: int16(),
        errorMessage: string({ nullable: true }),
      },
      { until: 1 },
    ),
  },
});
