import { expect, test } from 'vitest';
import { Re2TopicPatterns } from './topic-patterns.ts';

const topics = (...names: string[]): Map<string, number> => new Map(names.map((name, i) => [name, i]));

test('a pattern matches whole names', () => {
  expect(new Re2TopicPatterns().match('a|b.*', topics('bb', 'a', 'ab', 'b'))).toEqual(['a', 'b', 'bb']);
});

test('what is not RE2, or too large for it, is not valid and matches nothing', () => {
  const patterns = new Re2TopicPatterns();
  for (const pattern of ['a[', 'a(?=b)', '(?:.{0,1000})'.repeat(100), 'a{2000}']) {
    expect(patterns.isValid(pattern)).toBe(false);
    expect(patterns.match(pattern, topics('a'))).toEqual([]);
  }
});

test('what was found is kept until a topic comes or goes', () => {
  const patterns = new Re2TopicPatterns();
  const found = patterns.match('a.*', topics('a', 'b'));
  expect(patterns.match('a.*', topics('a', 'b'))).toBe(found);
  expect(patterns.match('a.*', topics('a', 'b', 'a2'))).toEqual(['a', 'a2']);
  for (let i = 0; i < 100; i++) patterns.match(`a${i}`, topics('a', 'b', 'a2'));
  expect(patterns.match('a.*', topics('a', 'b', 'a2'))).toEqual(['a', 'a2']);
});

test('a hostile pattern costs next to nothing', () => {
  const patterns = new Re2TopicPatterns();
  const all = topics(...Array.from({ length: 1000 }, (_, i) => `${'x'.repeat(200)}${i}`));
  const start = process.threadCpuUsage();
  for (const pattern of ['(?:.{0,1000})'.repeat(100), '((((a{9}){9}){9}){9}){9}', '(x*)*y', '(x|x|x)*{1000}y']) {
    for (let i = 0; i < 100; i++) patterns.match(pattern, all);
  }
  expect(process.threadCpuUsage(start).user / 1000).toBeLessThan(1000);
});
