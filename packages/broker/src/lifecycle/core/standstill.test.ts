import { expect, test } from 'vitest';
import { Standstill } from './standstill.ts';

test('a process that goes on in time is in no doubt, however long no heartbeat is answered', () => {
  const standstill = new Standstill(1000, 0);
  for (let now = 0; now < 60_000; now += 250) expect(standstill.look(now)).toBe(false);
});

test('after a standstill only the answer to a newer heartbeat counts', () => {
  const standstill = new Standstill(1000, 0);
  standstill.look(250);
  expect(standstill.look(5000)).toBe(true);
  standstill.onConfirmed(250);
  expect(standstill.look(5001)).toBe(true);
  standstill.onConfirmed(5001);
  expect(standstill.look(5010)).toBe(false);
});

test('a second standstill takes back what was confirmed before it', () => {
  const standstill = new Standstill(1000, 0);
  standstill.look(5000);
  standstill.look(9000);
  standstill.onConfirmed(5000);
  expect(standstill.look(9001)).toBe(true);
});
