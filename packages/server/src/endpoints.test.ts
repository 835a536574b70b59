import { expect, test } from 'vitest';
import { parseEndpoints, parseVoters } from './endpoints.ts';

test('listeners have a name, a host that may be empty or IPv6, and a port', () => {
  expect(parseEndpoints('PLAINTEXT://:9092, controller://[::1]:9093', 'listeners')).toEqual([
    { listenerName: 'PLAINTEXT', host: '', port: 9092 },
    { listenerName: 'CONTROLLER', host: '::1', port: 9093 },
  ]);
});

test.each([
  ['localhost:9092', 'listeners: "localhost:9092" is not NAME://host:port'],
  ['A://:70000', 'listeners: 70000 is not a port (0 to 65535)'],
  ['A://:1,A://:2', 'listeners: the listener A is there twice; give each its own name'],
])('%s is refused', (list, message) => {
  expect(() => parseEndpoints(list, 'listeners')).toThrow(message);
});

test('voters name a node, an address and, when dynamic, a directory', () => {
  expect(parseVoters('1@a:9093,2@b:9093:JEXY6aqzQY-32P5TStzaFg', 'voters')).toEqual([
    { nodeId: 1, host: 'a', port: 9093, directoryId: 'AAAAAAAAAAAAAAAAAAAAAA' },
    { nodeId: 2, host: 'b', port: 9093, directoryId: 'JEXY6aqzQY-32P5TStzaFg' },
  ]);
});
