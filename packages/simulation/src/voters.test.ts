/** Quorums whose voters change: what must hold holds, twice in the same way. That it can fail, the mutations show. */
import { expect, test } from 'vitest';
import type { QuorumKind } from './cluster/settings.ts';
import { voterFaults } from './faults/voter-faults.ts';
import { runSeed } from './run-seed.ts';

const kinds: readonly QuorumKind[] = ['dynamic', 'auto-join', 'raised'];

test.each(kinds)('a quorum (%s) survives changes of its voters, and is the same twice', async (quorum) => {
  const options = { seed: 101, faultMs: 35_000, faults: voterFaults, settings: { quorum, groups: [] } };
  const first = await runSeed(options);
  expect(first.violation, first.state).toBeUndefined();
  expect(first.injected.size).toBeGreaterThan(0);
  const second = await runSeed(options);
  expect(second.traceHash).toBe(first.traceHash);
});
