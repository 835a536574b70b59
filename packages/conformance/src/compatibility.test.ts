import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compatibilityFile, compatibilityPage } from './compatibility.ts';

// When it fails: node --conditions=source packages/conformance/src/compatibility.ts
test('docs/compatibility.md says what the listeners serve', async () => {
  expect(readFileSync(compatibilityFile, 'utf8')).toBe(await compatibilityPage());
});
