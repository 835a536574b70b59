/** The long run of the simulator: fresh seeds for TIDELOG_SIMULATION_MINUTES (default 2), each twice. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const minutes = Number(process.env['TIDELOG_SIMULATION_MINUTES'] ?? 2);

test(
  `fresh seeds hold for ${minutes} minutes`,
  () => {
    const main = join(import.meta.dirname, '../../simulation/src/main.ts');
    const run = spawnSync(process.execPath, ['--conditions=source', main, '--minutes', String(minutes)], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    console.log(run.stdout.split('\n').slice(-3).join('\n'));
    expect(run.status, `${run.stdout}\n${run.stderr}`).toBe(0);
  },
  (minutes + 5) * 60_000,
);
