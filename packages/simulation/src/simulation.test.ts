/**
 * A handful of seeds, each twice with one trace; the seeds that failed once; and the check that the oracle can fail.
 * The long run with fresh seeds is packages/conformance/src/simulation.conformance.ts.
 */
import { expect, test } from 'vitest';
import { mutations } from './mutations.ts';
import { regressionSeeds } from './regression-seeds.ts';
import { runSeed } from './run-seed.ts';

const faultMs = 12_000;

test.each([1, 2, 3, 4])('seed %i holds and is the same twice', async (seed) => {
  const first = await runSeed({ seed, faultMs });
  expect(first.violation, first.state).toBeUndefined();
  expect(first.acknowledged).toBeGreaterThan(20);
  const second = await runSeed({ seed, faultMs });
  expect(second.traceHash).toBe(first.traceHash);
});

test.each(regressionSeeds)('seed $seed, which once found: $found', async ({ seed, faultSeconds }) => {
  const { violation, state } = await runSeed({ seed, faultMs: faultSeconds * 1000 });
  expect(violation, state).toBeUndefined();
});

test.each(mutations)('a violation is reported when $name', async (mutation) => {
  for (const seed of mutation.seeds) {
    const { violation } = await runSeed({ seed, mutation, faultMs: 60_000 });
    if (violation !== undefined) return;
  }
  expect.unreachable('no seed found it');
});
