import { expect, test } from 'vitest';
import { check, type History, type Observed } from './history.ts';

const records = (...values: string[]): Observed[] => values.map((value, offset) => ({ partition: 0, offset, value }));

const sound: History = {
  allDelivered: true,
  sent: 3,
  acknowledged: [0, 1, 2].map((offset) => ({ partition: 0, offset })),
  during: records('0', '1'),
  final: records('0', '1', '2'),
  replicas: new Map([[1, records('0', '1', '2')]]),
};

const kinds = (history: Partial<History>): string[] => [
  ...new Set(check({ ...sound, ...history }).map(({ anomaly }) => anomaly)),
];

test('a sound history has no findings', () => {
  expect(kinds({})).toEqual([]);
});

test.each<[string, Partial<History>]>([
  ['lost-write', { final: records('0', '1'), replicas: new Map() }],
  ['lost-write', { sent: 4 }],
  ['duplicate', { final: records('0', '1', '1', '2'), replicas: new Map() }],
  ['phantom', { sent: 2 }],
  ['inconsistent-offsets', { replicas: new Map([[2, records('0', '2', '1')]]) }],
  ['inconsistent-offsets', { replicas: new Map([[2, records('0', '1')]]) }],
  ['inconsistent-offsets', { during: records('1') }],
  ['nonmonotonic', { during: records('0', '1').toReversed() }],
  ['nonmonotonic', { final: records('0', '2', '1'), replicas: new Map() }],
  ['unseen', { during: records('0', '1', '2', '3') }],
])('%s is found', (anomaly, history) => {
  expect(kinds(history)).toContain(anomaly);
});
