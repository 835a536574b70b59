/**
 * The releases of Apache Kafka by what they mean: a level of metadata.version has a name such as 4.2-IV1, and a release
 * (4.2) stands for the highest level of that name and for the levels of the other features that it began clusters with.
 */

/** In order, from level 7. */
const names = [
  '3.3-IV3',
  '3.4-IV0',
  '3.5-IV0',
  '3.5-IV1',
  '3.5-IV2',
  '3.6-IV0',
  '3.6-IV1',
  '3.6-IV2',
  '3.7-IV0',
  '3.7-IV1',
  '3.7-IV2',
  '3.7-IV3',
  '3.7-IV4',
  '3.8-IV0',
  '3.9-IV0',
  '4.0-IV0',
  '4.0-IV1',
  '4.0-IV2',
  '4.0-IV3',
  '4.1-IV0',
  '4.1-IV1',
  '4.2-IV0',
  '4.2-IV1',
  '4.3-IV0',
];
const firstLevel = 7;
/** Since which level of metadata.version the other features are on by default. */
const features = { 'group.version': 22, 'eligible.leader.replicas.version': 26 };

/** The name of a level of metadata.version; undefined for one that is not known here. */
export function metadataVersionName(level: number): string | undefined {
  return names[level - firstLevel];
}

/** The levels that a release stands for. */
export function levelsOfRelease(release: string): { feature: string; level: number }[] {
  const at = names.findLastIndex((name) => name === release || name.split('-')[0] === release);
  if (at < 0) {
    const known = [...new Set(names.map((name) => name.split('-')[0]))].join(', ');
    throw new Error(`--release-version: ${release} is not known; there are ${known}`);
  }
  const level = firstLevel + at;
  const others = Object.entries(features).map(([feature, since]) => ({ feature, level: level >= since ? 1 : 0 }));
  return [{ feature: 'metadata.version', level }, ...others];
}
