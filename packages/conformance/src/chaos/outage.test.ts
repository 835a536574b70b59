import { expect, test } from 'vitest';
import { Outage } from './outage.ts';

test('the silence of one partition counts although another one goes on', () => {
  const outage = new Outage(2);
  outage.begin(100);
  for (let now = 110; now <= 500; now += 10) outage.acknowledged(0, now);
  outage.acknowledged(1, 450);
  expect(outage.longestMs).toBe(350);
});

test('silence from before the fault does not count', () => {
  const outage = new Outage(1);
  outage.acknowledged(0, 10);
  outage.begin(1000);
  outage.acknowledged(0, 1005);
  expect(outage.longestMs).toBe(5);
});

test('recovery is when every partition goes on', () => {
  const outage = new Outage(2);
  outage.acknowledged(0, 60);
  outage.acknowledged(1, 40);
  expect(outage.hasAllSince(50)).toBe(false);
  outage.acknowledged(1, 70);
  expect(outage.hasAllSince(50)).toBe(true);
});
