import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { controllerEndpoints } from './controller-endpoints.ts';
import { nodeConfigOf } from './node-config.ts';

function endpointsWith(settings: Readonly<Record<string, string>>): unknown {
  const common = { 'process.roles': 'controller', 'node.id': '2', 'controller.listener.names': 'CONTROLLER' };
  return controllerEndpoints(nodeConfigOf(new Map(Object.entries({ ...common, ...settings }))));
}

const voters = { 'controller.quorum.voters': '1@one:9093,2@two:9093' };
const bootstrap = { 'controller.quorum.bootstrap.servers': 'one:9093' };

test.each([
  ['its own', { listeners: 'CONTROLLER://three:9093', ...voters }, 'three'],
  [
    'the one that is advertised',
    { listeners: 'CONTROLLER://:9093', 'advertised.listeners': 'CONTROLLER://four:9093', ...voters },
    'four',
  ],
  ['that of the list of voters', { listeners: 'CONTROLLER://:9093', ...voters }, 'two'],
  ['that of the machine', { listeners: 'CONTROLLER://:9093', ...bootstrap }, hostname()],
])('peers reach a controller by a host: %s', (_, settings, host) => {
  expect(endpointsWith(settings)).toEqual([{ name: 'CONTROLLER', host, port: 9093 }]);
});

test('a node that is no controller has none', () => {
  const broker = { 'process.roles': 'broker', listeners: 'PLAINTEXT://:9092', ...voters };
  expect(endpointsWith(broker)).toEqual([]);
});
