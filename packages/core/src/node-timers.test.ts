import { expect, test } from 'vitest';
import { NodeClock, NodeRandom, NodeTimers } from './node-timers.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

test('callbacks asked for at the end of a turn run in order, later passes before the next poll', async () => {
  const timers = new NodeTimers();
  const seen: string[] = [];
  timers.endOfTurn(() => {
    seen.push('log written');
    timers.endOfTurn(() => seen.push('response sent'));
  });
  timers.endOfTurn(() => seen.push('other'));
  setImmediate(() => seen.push('next in the phase'));
  expect(seen).toEqual([]);
  await nextTurn();
  expect(seen).toEqual(['log written', 'other', 'response sent', 'next in the phase']);
});

test('a callback that always asks for another does not hold the loop', async () => {
  const timers = new NodeTimers();
  let runs = 0;
  let stopped = false;
  const again = (): void => {
    runs++;
    if (!stopped) timers.endOfTurn(again);
  };
  again();
  await nextTurn();
  stopped = true;
  expect(runs).toBeGreaterThan(8);
});

test('a callback that throws does not take the turn from the ones behind it', async () => {
  const timers = new NodeTimers();
  const seen: string[] = [];
  const errors: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => errors.push(error));
  timers.endOfTurn(() => {
    throw new Error('bug');
  });
  timers.endOfTurn(() => seen.push('behind'));
  await nextTurn();
  for (const listener of listeners) process.on('uncaughtException', listener);
  timers.endOfTurn(() => seen.push('later'));
  await nextTurn();
  expect(errors).toMatchObject([{ message: 'bug' }]);
  expect(seen).toEqual(['behind', 'later']);
});

test('timers fire once, cancelled ones never', async () => {
  const timers = new NodeTimers();
  const seen: string[] = [];
  timers.after(1, () => seen.push('fired'));
  timers.after(1, () => seen.push('cancelled')).cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toEqual(['fired']);
});

test('the clock goes on and randomness stays in its range', () => {
  const clock = new NodeClock();
  expect(clock.monotonic()).toBeLessThanOrEqual(clock.monotonic());
  expect(Math.abs(clock.wall() - Date.now())).toBeLessThan(1000);
  const random = new NodeRandom();
  const seen = new Set<number>();
  for (let i = 0; i < 5000; i++) {
    const float = random.next();
    expect(float >= 0 && float < 1).toBe(true);
    seen.add(random.below(7));
  }
  expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(random.bytes(16).equals(random.bytes(16))).toBe(false);
});
