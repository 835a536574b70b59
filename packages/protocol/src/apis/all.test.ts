import { expect, test } from 'vitest';
import { ApiVersions, InitProducerId, Produce, SaslHandshake } from '../index.ts';
import { apiByKey, apis } from './all.ts';

test('every key from 0 to 92 has its API, but for the four that went with ZooKeeper', () => {
  const keys = Array.from({ length: 93 }, (_, key) => key).filter((key) => key < 4 || key > 7);
  expect(apis.map(({ key }) => key)).toEqual(keys);
  expect(apiByKey(0)).toBe(Produce);
  expect([4, 7, 93, -1, 1.5].map(apiByKey)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test('headers are flexible with the body, but never the one of an ApiVersions response', () => {
  expect([8, 9].map((version) => Produce.requestHeaderVersion(version))).toEqual([1, 2]);
  expect([8, 9].map((version) => Produce.responseHeaderVersion(version))).toEqual([0, 1]);
  expect([2, 3].map((version) => ApiVersions.requestHeaderVersion(version))).toEqual([1, 2]);
  expect([2, 3, 4].map((version) => ApiVersions.responseHeaderVersion(version))).toEqual([0, 0, 0]);
  expect(SaslHandshake.requestHeaderVersion(1)).toBe(1);
});

test('the newest version is stable, but for the one that is not', () => {
  const unstable = apis.filter(({ latestStable, versions }) => latestStable !== versions.max);
  expect(unstable).toEqual([InitProducerId]);
  expect(InitProducerId.latestStable).toBe(5);
});
