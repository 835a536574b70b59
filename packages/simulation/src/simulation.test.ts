/**
 * A handful of seeds, each twice with one trace; the seeds that failed once; and the check that the oracle can fail.
 * The long run with fresh seeds is packages/conformance/src/simulation.conformance.ts.
 */
import { expect, test } from 'vitest';
import { mutations, type Mutation } from './mutations.ts';
import { regressionSeeds, settingsOf } from './regression-seeds.ts';
import { runSeed } from './run-seed.ts';
import { Violation } from './violation.ts';

const faultMs = 12_000;
const mutatedMs = 60_000;

test.each([1, 2, 3, 4])('seed %i holds and is the same twice', async (seed) => {
  const first = await runSeed({ seed, faultMs });
  expect(first.violation, first.state).toBeUndefined();
  expect(first.acknowledged).toBeGreaterThan(20);
  const second = await runSeed({ seed, faultMs });
  expect(second.traceHash).toBe(first.traceHash);
});

test.each(regressionSeeds)('seed $seed, which once found: $found', async (regression) => {
  const { seed, faultSeconds } = regression;
  const settings = settingsOf(regression);
  const { violation, state } = await runSeed({ seed, faultMs: faultSeconds * 1000, settings });
  expect(violation, state).toBeUndefined();
});

test.each(mutations)('finds that $name, and nothing without it', { timeout: 300_000 }, async (mutation) => {
  const { seed, invariant } = await firstFound(mutation);
  expect(mutation.breaks).toContain(invariant);
  const without = { ...mutation, apply: () => () => undefined };
  const { violation, state } = await runSeed({ seed, mutation: without, faultMs: mutatedMs });
  expect(violation, state).toBeUndefined();
});

/** Any seed does: a bug that needs a special one would not be found in fresh ones either. */
async function firstFound(mutation: Mutation): Promise<{ readonly seed: number; readonly invariant: string }> {
  for (let seed = 1; seed <= 25; seed++) {
    const { violation } = await runSeed({ seed, mutation, faultMs: mutatedMs });
    if (violation instanceof Violation) return { seed, invariant: violation.invariant };
    expect(violation).toBeUndefined();
  }
  return expect.unreachable(`no seed found that ${mutation.name}`);
}
