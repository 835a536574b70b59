/**
 * The simulator as CI runs it: fresh seeds for eight minutes, each twice with equal traces. TIDELOG_SIMULATION_MINUTES
 * says otherwise. Every commit has seeds of its own, derived from its name, so that what a run of CI finds another run
 * of that commit finds too. Seeds that failed once are replayed by packages/simulation/src/simulation.test.ts.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const commit = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', cwd: import.meta.dirname });
const seed = commit.status === 0 ? Number.parseInt(commit.stdout.slice(0, 8), 16) : Date.now();
const minutes = process.env['TIDELOG_SIMULATION_MINUTES'] ?? '8';

test(`simulate seeds from ${seed} on for ${minutes} minutes`, { timeout: (Number(minutes) + 5) * 60_000 }, () => {
  const main = join(import.meta.dirname, '../../simulation/src/main.ts');
  const args = ['--conditions=source', main, '--seed', String(seed), '--minutes', minutes];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  console.log(run.stdout.split('\n').slice(-3).join('\n'));
  expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0);
});
