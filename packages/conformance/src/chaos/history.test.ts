import { expect, test } from 'vitest';
import { anomalies, check, type Anomaly, type History, type Observed } from './history.ts';

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

const injected: [Anomaly, Partial<History>][] = [
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
  ['undelivered', { allDelivered: false }],
  ['poll-skip', { during: records('0', '1', '2').toSpliced(1, 1) }],
  ['poll-skip', { during: records('0', '1', '2').slice(1) }],
  ['phantom', { replicas: new Map([[3, records('0', '1', '2', '3')]]) }],
  ['G1a', { final: records('0', '1', '2', 'refused-7xxx'), replicas: new Map() }],
  ['G1a', { replicas: new Map([[1, records('0', '1', '2', 'refused-7xxx')]]) }],
];

test.each(injected)('%s is found', (anomaly, history) => {
  expect(kinds(history)).toContain(anomaly);
});

test('every anomaly is injected above', () => {
  expect(new Set(injected.map(([anomaly]) => anomaly))).toEqual(new Set(anomalies));
});

test('a reader that ends before the last record has skipped nothing', () => {
  expect(kinds({ during: records('0') })).toEqual([]);
});
