import { expect, test } from 'vitest';
import { assign } from './classic-assignors.ts';

test('range gives neighbours to neighbours and covers every partition once', () => {
  const candidates = ['c', 'a', 'b'].map((memberId) => ({ memberId, owned: [] }));
  const assigned = assign('range', candidates, 7);
  expect([...assigned]).toEqual([
    ['a', [0, 1]],
    ['b', [2, 3]],
    ['c', [4, 5, 6]],
  ]);
});

test('cooperative-sticky moves only what the member that left had', () => {
  const rest = [
    { memberId: 'a', owned: [0, 1] },
    { memberId: 'b', owned: [2, 3] },
  ];
  const assigned = assign('cooperative-sticky', rest, 6);
  expect(assigned.get('a')).toEqual([0, 1, 4]);
  expect(assigned.get('b')).toEqual([2, 3, 5]);
});

test('cooperative-sticky gives to nobody what its owner has yet to give up', () => {
  const candidates = [
    { memberId: 'a', owned: [0, 1, 2, 3] },
    { memberId: 'b', owned: [] },
  ];
  const assigned = assign('cooperative-sticky', candidates, 4);
  expect(assigned.get('a')).toEqual([0, 1]);
  expect(assigned.get('b')).toEqual([]);
});
