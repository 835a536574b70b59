/** Groups under faults: what must hold holds, twice in the same way. That it can fail, the mutations show. */
import { expect, test } from 'vitest';
import { runSeed } from '../run-seed.ts';
import type { GroupKind } from './group-settings.ts';

const kinds: readonly GroupKind[] = ['eager', 'cooperative', 'consumer', 'mixed'];

test.each(kinds)('a group (%s) keeps its promises and is the same twice', async (kind) => {
  const options = { seed: 5, faultMs: 15_000, settings: { groups: [kind] } };
  const first = await runSeed(options);
  expect(first.violation, first.state).toBeUndefined();
  const second = await runSeed(options);
  expect(second.traceHash).toBe(first.traceHash);
});
