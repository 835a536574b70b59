import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compatibilityFile, compatibilityPage } from './compatibility.ts';

test('docs/compatibility.md says what the listeners serve: node --conditions=source scripts/compatibility.ts', async () => {
  expect(readFileSync(compatibilityFile, 'utf8')).toBe(await compatibilityPage());
});
