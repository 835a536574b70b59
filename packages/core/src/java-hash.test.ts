import { expect, test } from 'vitest';
import { coordinatorPartition, javaStringHash } from './java-hash.ts';

test('hashes are those of java.lang.String', () => {
  expect(javaStringHash('')).toBe(0);
  expect(javaStringHash('hello')).toBe(99_162_322);
  expect(javaStringHash('polygenelubricants')).toBe(-2_147_483_648);
});

test('the smallest integer has no absolute value and goes to partition 0', () => {
  expect(coordinatorPartition('polygenelubricants', 50)).toBe(0);
});
