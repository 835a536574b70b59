import { createNodeWorld, MemoryDisk, SeededRandom, type World } from '@tidelog/core';
import { expect, test } from 'vitest';
import { formatNode, type FirstVoters } from './first-voters.ts';
import { nodeConfigOf, type NodeConfig } from './node-config.ts';
import { readIdentity } from './storage.ts';

const checkpoint = '/meta/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint';
const directoryId = 'AAAAAAAAAAAAAAAAAAAB1A';

function world(): World {
  return { ...createNodeWorld(), random: new SeededRandom(1), disk: new MemoryDisk() };
}

function config(settings: Readonly<Record<string, string>> = {}): NodeConfig {
  const texts = {
    'process.roles': 'controller',
    'node.id': '1',
    listeners: 'CONTROLLER://one:9093',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.bootstrap.servers': 'one:9093',
    'log.dirs': '/data',
    'metadata.log.dir': '/meta',
    ...settings,
  };
  return nodeConfigOf(new Map(Object.entries(texts)));
}

const initial = (...ids: number[]): FirstVoters => ({
  kind: 'initialControllers',
  voters: ids.map((nodeId) => ({ nodeId, host: 'one', port: 9093, directoryId })),
});

test('a standalone controller is the first voter of its quorum', async () => {
  const on = world();
  await formatNode({ world: on, config: config(), clusterId: 'cluster', firstVoters: { kind: 'standalone' } });
  expect(on.disk.stat(checkpoint)).toBeDefined();
  expect(readIdentity(on.disk, '/data')).toMatchObject({ clusterId: 'cluster', nodeId: 1 });
});

test('the metadata directory of an initial controller gets the id that the list gives it', async () => {
  const on = world();
  await formatNode({ world: on, config: config(), clusterId: 'cluster', firstVoters: initial(1) });
  expect(on.disk.stat(checkpoint)).toBeDefined();
  expect(readIdentity(on.disk, '/meta')?.directoryId).toBe(directoryId);
  expect(readIdentity(on.disk, '/data')?.directoryId).not.toBe(directoryId);
});

test('a controller that joins knows no voters', async () => {
  const on = world();
  await formatNode({ world: on, config: config(), clusterId: 'cluster', firstVoters: { kind: 'none' } });
  expect(on.disk.stat(checkpoint)).toBeUndefined();
});

test('a directory that is formatted keeps its id and its voters', async () => {
  const on = world();
  await formatNode({ world: on, config: config(), clusterId: 'cluster', firstVoters: { kind: 'none' } });
  const before = readIdentity(on.disk, '/meta');
  await formatNode({ world: on, config: config(), clusterId: 'cluster', firstVoters: initial(1) });
  expect(readIdentity(on.disk, '/meta')).toEqual(before);
  expect(on.disk.stat(checkpoint)).toBeUndefined();
});

test.each([
  ['a static quorum', { 'controller.quorum.voters': '1@one:9093' }, 'controller.quorum.voters names the voters'],
  ['a broker', { 'process.roles': 'broker', listeners: 'PLAINTEXT://one:9092' }, 'only a controller'],
  ['somebody else', { 'node.id': '2' }, 'must include this node, 2'],
])('initial controllers are refused for %s, and nothing is formatted', async (_what, settings, message) => {
  const on = world();
  const asked = formatNode({ world: on, config: config(settings), clusterId: 'cluster', firstVoters: initial(1) });
  await expect(asked).rejects.toThrow(message);
  expect(on.disk.stat('/meta/meta.properties')).toBeUndefined();
});
