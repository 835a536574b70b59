import { MemoryDisk, SeededRandom } from '@tidelog/core';
import { expect, test } from 'vitest';
import { formatStorage, openStorage, readIdentity } from './storage.ts';

const random = new SeededRandom(1);

test('each directory gets an id of its own, kept over restarts', () => {
  const disk = new MemoryDisk();
  const options = { disk, random, logDirs: ['/a', '/b'], nodeId: 3 };
  const first = formatStorage({ ...options, clusterId: 'cluster' }).identities;
  expect(new Set(first.map(({ directoryId }) => directoryId)).size).toBe(2);
  expect(formatStorage(options).identities).toEqual(first);
  expect(openStorage(options).identities).toEqual(first);
});

test('a directory of another cluster or node is refused and left alone', () => {
  const disk = new MemoryDisk();
  const options = { disk, random, logDirs: ['/a'], nodeId: 3 };
  formatStorage({ ...options, clusterId: 'ours' });
  expect(() => formatStorage({ ...options, clusterId: 'theirs' })).toThrow('belongs to cluster ours, not to theirs');
  expect(() => formatStorage({ ...options, nodeId: 4 })).toThrow('each node needs its own log.dirs');
  expect(readIdentity(disk, '/a')?.clusterId).toBe('ours');
});

test('what must be formatted already is not formatted in passing', () => {
  const disk = new MemoryDisk();
  expect(() => openStorage({ disk, random, logDirs: ['/a'], nodeId: 3 })).toThrow('is not formatted');
});
