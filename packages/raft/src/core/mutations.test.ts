/** Negative controls: a quorum that breaks a rule on purpose must be found out, or the invariants prove nothing. */
import { expect, test } from 'vitest';
import { defaultRaftConfig } from '../raft-config.ts';
import { runSeed } from '../testing/sim-run.ts';
import type { SimMutation } from '../testing/sim-cluster.ts';

const seeds = 150;

/** The first complaint of all the seeds. */
function firstComplaint(mutation: SimMutation): string | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      const isStatic = mutation === 'freshVotersVote';
      // What is not synced yet is lost only by a crash that comes before it would have been.
      const slow = mutation === 'syncsNotAwaited' ? { maxSyncMs: 400 } : {};
      runSeed({ seed, config: defaultRaftConfig, mutation, isStatic, faultyMs: 30_000, ...slow });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

test.each([
  ['votesNotPersisted', /election safety|leader completeness|state machine safety|log matching/],
  ['syncsNotAwaited', /leader completeness|state machine safety|committed records would be lost|log matching/],
  ['truncationSkipped', /leader completeness|state machine safety|log matching|does not reach everybody|batch at/],
  ['freshVotersVote', /election safety|leader completeness|state machine safety|log matching/],
] satisfies [SimMutation, RegExp][])('%s is found out', (mutation, complaint) => {
  expect(firstComplaint(mutation)).toMatch(complaint);
});
