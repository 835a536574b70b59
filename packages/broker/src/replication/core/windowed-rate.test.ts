import { expect, test } from 'vitest';
import { WindowedRate } from './windowed-rate.ts';

test('a burst counts for as long as its window is among the last ones', () => {
  const rate = new WindowedRate({ windows: 11, windowMs: 1000 });
  rate.record(20_000, 5000);
  expect(rate.perSecond(5000)).toBe(2000);
  expect(rate.perSecond(15_500)).toBeCloseTo(1904.8, 1);
  expect(rate.perSecond(16_000)).toBe(0);
});

test('what is recorded in several windows adds up, also over a long silence', () => {
  const rate = new WindowedRate({ windows: 2, windowMs: 100 });
  rate.record(10, 1000);
  rate.record(10, 1100);
  expect(rate.perSecond(1100)).toBe(200);
  expect(rate.perSecond(1200)).toBe(100);
  rate.record(10, 1_000_000);
  expect(rate.perSecond(1_000_000)).toBe(100);
});
