import { expect, test } from 'vitest';
import { expandedSize, isSmallPattern } from './pattern-size.ts';

test.each([
  ['abc', 3],
  ['a{3}', 3],
  ['a{2,5}b', 6],
  ['a{2,}', 2],
  ['(?:ab){10}', 30],
  ['(a{10}){10}', 100],
  ['a{10}{10}', 100],
  ['x|(y|z{7})', 9],
  ['[a-z{5}]{4}', 4],
  ['[]{5}]{4}', 4],
  ['[^]{5}]{4}', 4],
  ['[[:alpha:]{5}]{4}', 4],
  ['\\{5}', 3],
  ['\\p{Greek}{4}', 4],
  ['a{,5}', 5],
  ['a{b}', 4],
  ['(a{10}', 10],
])('%s is %i when it is written out', (pattern, size) => {
  expect(expandedSize(pattern)).toBe(size);
});

test('long lists are fine, and what multiplies beyond a thousand is not', () => {
  expect(isSmallPattern(Array.from({ length: 300 }, (_, i) => `topic-${i}`).join('|'))).toBe(true);
  expect(isSmallPattern('[a-z]{1,249}\\.[a-z]{1,249}')).toBe(true);
  expect(isSmallPattern('(?:.{0,1000})'.repeat(100))).toBe(false);
  expect(isSmallPattern('((((a{9}){9}){9}){9}){9}')).toBe(false);
});
