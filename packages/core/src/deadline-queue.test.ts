import { expect, test } from 'vitest';
import { DeadlineQueue, type DeadlineEntry } from './deadline-queue.ts';
import { SeededRandom } from './random.ts';

test('entries come out by deadline, ties in the order they were added, removed ones never', () => {
  const random = new SeededRandom(7);
  const queue = new DeadlineQueue<number>();
  const entries: DeadlineEntry<number>[] = [];
  for (let i = 0; i < 1000; i++) entries.push(queue.add(i, random.below(50)));
  const removed = new Set<number>();
  for (const entry of entries) if (random.below(3) === 0 && queue.remove(entry)) removed.add(entry.value);
  const expected = entries
    .filter((entry) => !removed.has(entry.value))
    .sort((a, b) => a.deadline - b.deadline || a.value - b.value)
    .map((entry) => entry.value);
  const actual: number[] = [];
  for (let value = queue.popDue(Infinity); value !== undefined; value = queue.popDue(Infinity)) actual.push(value);
  expect(actual).toEqual(expected);
});

test('nothing is due before its time', () => {
  const queue = new DeadlineQueue<string>();
  queue.add('later', 10);
  expect(queue.popDue(9)).toBeUndefined();
  expect(queue.popDue(10)).toBe('later');
  expect(queue.nextDeadline()).toBe(Infinity);
});
