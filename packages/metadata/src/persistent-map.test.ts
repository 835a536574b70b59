import { SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import { DenseMap } from './dense-map.ts';
import { PersistentMap } from './persistent-map.ts';

test('a persistent map does what a Map does, and older versions stay as they were', () => {
  const random = new SeededRandom(7);
  let map = PersistentMap.empty<string, number>();
  const model = new Map<string, number>();
  const versions: [PersistentMap<string, number>, Map<string, number>][] = [];
  for (let step = 1; step <= 5000; step++) {
    const key = `k${random.below(700)}`;
    if (random.below(3) === 0) {
      map = map.delete(key);
      model.delete(key);
    } else {
      map = map.set(key, step);
      model.set(key, step);
    }
    if (step % 500 === 0) versions.push([map, new Map(model)]);
  }
  for (const [version, expected] of versions) {
    expect(version.size).toBe(expected.size);
    expect(new Map(version)).toEqual(expected);
    for (const key of expected.keys()) expect(version.get(key)).toBe(expected.get(key));
  }
});

test('keys whose hashes are equal are told apart', () => {
  const [a, b] = ['key-901258', 'key-1540052'];
  expect(hashOf(a)).toBe(hashOf(b));
  let map = PersistentMap.from<string, number>([
    [a, 1],
    [b, 2],
    ['other', 3],
  ]);
  expect([map.get(a), map.get(b), map.size]).toEqual([1, 2, 3]);
  map = map.set(a, 4).delete(b);
  expect([map.get(a), map.has(b), map.size]).toEqual([4, false, 2]);
  expect([...map.delete(a).delete('other')]).toEqual([]);
});

/** The map's own hash, which it keeps to itself. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash ^ (hash >>> 15);
}

test('iteration order does not depend on the order of insertion, and small numbers are in order', () => {
  const keys = Array.from({ length: 500 }, (_, i) => `t-${i}`);
  const forward = PersistentMap.from(keys.map((key) => [key, 1]));
  const backward = PersistentMap.from(keys.toReversed().map((key) => [key, 1]));
  expect([...forward.keys()]).toEqual([...backward.keys()]);
  expect([...PersistentMap.from([9, 3, 0, 31, 12].map((n) => [n, 'x'])).keys()]).toEqual([0, 3, 9, 12, 31]);
});

test('a change that changes nothing gives the same map', () => {
  const map = PersistentMap.from<string, number>([['a', 1]]);
  expect(map.set('a', 1)).toBe(map);
  expect(map.delete('b')).toBe(map);
});

test('a dense map is in order of its keys, whatever the order of insertion', () => {
  const random = new SeededRandom(3);
  let map = DenseMap.empty<string>();
  const model = new Map<number, string>();
  for (let step = 0; step < 2000; step++) {
    const key = random.below(300);
    if (random.below(4) === 0) {
      map = map.delete(key);
      model.delete(key);
    } else {
      map = map.set(key, `v${step}`);
      model.set(key, `v${step}`);
    }
  }
  expect([...map]).toEqual([...model].sort(([a], [b]) => a - b));
  expect(map.size).toBe(model.size);
  expect(map.get(100_000)).toBeUndefined();
  expect(() => map.set(-1, 'x')).toThrow(/key -1/);
});
