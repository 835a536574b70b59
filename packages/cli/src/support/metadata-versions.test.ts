import { expect, test } from 'vitest';
import { levelsOfRelease, metadataVersionName } from './metadata-versions.ts';

test('levels of metadata.version have the names that Kafka gives them', () => {
  expect([7, 15, 19, 21, 23, 27, 30].map(metadataVersionName)).toEqual([
    '3.3-IV3',
    '3.7-IV0',
    '3.7-IV4',
    '3.9-IV0',
    '4.0-IV1',
    '4.1-IV1',
    '4.3-IV0',
  ]);
  expect(metadataVersionName(31)).toBeUndefined();
});

test.each([
  ['4.3', [30, 1, 1]],
  ['4.0', [25, 1, 0]],
  ['3.9', [21, 0, 0]],
  ['4.0-IV1', [23, 1, 0]],
])('the release %s stands for the levels with which its clusters began', (release, levels) => {
  expect(levelsOfRelease(release)).toEqual([
    { feature: 'metadata.version', level: levels[0] },
    { feature: 'group.version', level: levels[1] },
    { feature: 'eligible.leader.replicas.version', level: levels[2] },
  ]);
});

test('a release that is not known is refused', () => {
  expect(() => levelsOfRelease('5.0')).toThrow('5.0 is not known; there are 3.3, 3.4');
});
