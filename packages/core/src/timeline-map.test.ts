import { expect, test } from 'vitest';
import { TimelineMap } from './timeline-map.ts';

test('a failed append takes back what its records changed', () => {
  const map = new TimelineMap<string, number>();
  map.set('a', 1, 10);
  map.set('a', 2, 12);
  map.set('b', 3, 12);
  map.delete('a', 14);
  map.revertTo(12);
  expect([...map]).toEqual([['a', 1]]);
});

test('what is committed stays', () => {
  const map = new TimelineMap<string, number>();
  map.set('a', 1, 10);
  map.commitTo(11);
  map.set('a', 2, 11);
  map.revertTo(0);
  expect(map.get('a')).toBe(1);
});
