/**
 * A short chaos run in each of the two ways links are cut: with an outside client and real processes nothing
 * acknowledged is lost, repeated, reordered or different on another replica. Longer ones: `npm run chaos`.
 */
import { describe, expect, test } from 'vitest';
import { runChaos } from './chaos/chaos-run.ts';
import { figuresOf } from './chaos/figures.ts';
import { findKcat } from './support/tools.ts';

const kcat = findKcat();
if (typeof kcat !== 'string') {
  console.log(`chaos skipped: ${kcat.missing}`);
  if (process.env['CI'] === 'true') throw new Error(kcat.missing);
}

const seed = Number(process.env['TIDELOG_CHAOS_SEED'] ?? 1);

describe.skipIf(typeof kcat !== 'string')('chaos', () => {
  test.each([{ proxies: false }, { proxies: true }])('a short run (%o) has no anomaly', async ({ proxies }) => {
    const lines: string[] = [];
    const result = await runChaos({ seed, minutes: 0.6, proxies, log: (line) => lines.push(line) });
    for (const line of figuresOf(result)) console.log(line);
    expect(result.findings, lines.join('\n')).toEqual([]);
    expect(result.acknowledged).toBeGreaterThan(1000);
    expect(result.refused).toBeGreaterThan(0);
    expect([...result.faults.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(2);
  });
});
