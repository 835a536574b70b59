/** The levels of features that `--feature name=level` and `--release-version` ask for. */
import { keyValues } from './common-options.ts';
import { levelsOfRelease } from './metadata-versions.ts';

export interface FeatureLevel {
  readonly feature: string;
  readonly level: number;
}

/** None where neither option is given. */
export function wantedLevels(flags: {
  readonly feature: readonly string[];
  readonly releaseVersion?: string;
}): FeatureLevel[] {
  const { feature, releaseVersion } = flags;
  if (releaseVersion !== undefined && feature.length > 0) {
    throw new Error('say either --feature name=level or --release-version, not both');
  }
  if (releaseVersion !== undefined) return levelsOfRelease(releaseVersion);
  return keyValues(feature, '--feature').map(({ name, value }) => {
    if (!/^\d+$/.test(value)) throw new Error(`--feature: the level of ${name} is a whole number, not "${value}"`);
    return { feature: name, level: Number(value) };
  });
}
