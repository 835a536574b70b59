import { expect, test } from 'vitest';
import { newOffset, targetOf, type ResetTarget } from './reset-offsets.ts';
import { durationMs, timeMs } from './reset-times.ts';
import { topicSpec } from './topic-specs.ts';

const range = { earliest: 10, latest: 100, committed: 40 };

test.each<[ResetTarget, number | undefined, number]>([
  [{ kind: 'earliest' }, undefined, 10],
  [{ kind: 'latest' }, undefined, 100],
  [{ kind: 'current' }, undefined, 40],
  [{ kind: 'offset', offset: 77 }, undefined, 77],
  [{ kind: 'shift', by: -5 }, undefined, 35],
  [{ kind: 'time', timestamp: 1 }, 55, 55],
  [{ kind: 'time', timestamp: 1 }, -1, 100],
])('%o goes to %s or %s', (target, atTime, expected) => {
  expect(newOffset(target, range, atTime)).toBe(expected);
});

test('an offset that the partition does not have becomes the nearest one it has', () => {
  expect(newOffset({ kind: 'offset', offset: 3 }, range, undefined)).toBe(10);
  expect(newOffset({ kind: 'shift', by: 1000 }, range, undefined)).toBe(100);
});

test('without a committed offset the current one is the end', () => {
  expect(newOffset({ kind: 'current' }, { ...range, committed: undefined }, undefined)).toBe(100);
});

test('a target is given in exactly one way', () => {
  expect(targetOf({ shiftBy: '-3' }, 0)).toEqual({ kind: 'shift', by: -3 });
  expect(targetOf({ byDuration: 'PT1M' }, 100_000)).toEqual({ kind: 'time', timestamp: 40_000 });
  expect(() => targetOf({}, 0)).toThrow('in exactly one way');
  expect(() => targetOf({ toEarliest: true, toLatest: true }, 0)).toThrow('in exactly one way');
});

test('durations are ISO 8601', () => {
  expect(durationMs('P1DT2H3M4.5S')).toBe((((24 + 2) * 60 + 3) * 60 + 4.5) * 1000);
  for (const text of ['', 'P', 'PT', '1h', 'P1H']) expect(() => durationMs(text)).toThrow('--by-duration takes');
});

test('a time without a zone is in UTC', () => {
  expect(timeMs('2026-11-29T12:00:00.000')).toBe(Date.UTC(2026, 10, 29, 12));
  expect(timeMs('2026-11-29T12:00:00+01:00')).toBe(Date.UTC(2026, 10, 29, 11));
  for (const text of ['yesterday', '2026-13-01T00:00']) expect(() => timeMs(text)).toThrow('--to-datetime takes');
});

test('a topic is all of its partitions or the ones it names', () => {
  expect(topicSpec('orders')).toEqual({ topic: 'orders', partitions: undefined });
  expect(topicSpec('orders.eu:0,12')).toEqual({ topic: 'orders.eu', partitions: [0, 12] });
  for (const text of ['', 'orders:', 'orders:a', 'or ders']) expect(() => topicSpec(text)).toThrow('--topic takes');
});
