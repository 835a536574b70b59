/** A declaration that makes no sense is refused when its first codec is made, not when a peer misreads it. */
import { expect, test } from 'vitest';
import { int32, string, type Fields } from './field.ts';
import { planMessage } from './plan.ts';

function plan(fields: Fields, version = 1): () => unknown {
  return () => planMessage('Test', { versions: { min: 0, max: 1 }, flexibleSince: 1, fields }, version);
}

test('names are identifiers, so that nothing else becomes code', () => {
  expect(plan({ 'a; process.exit()': int32() })).toThrow(/no field name/);
  expect(plan({ 'a-b': int32() })).toThrow(/no field name/);
  expect(plan({ constructorName: int32() })).not.toThrow();
});

test('a tag is used once in a structure', () => {
  expect(plan({ a: int32({ tag: 0 }), b: string({ tag: 0 }) })).toThrow(/tag 0 is used twice/);
});

test('a tagged field belongs to flexible versions', () => {
  expect(plan({ a: int32({ tag: 0 }) }, 0)).toThrow(/tagged a in version 0/);
  expect(plan({ a: int32({ tag: 0, since: 1 }) }, 0)).not.toThrow();
});
