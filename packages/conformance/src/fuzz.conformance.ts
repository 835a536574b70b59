/** A short fuzz run over decoders and the live socket; `npm run fuzz` is the long one. */
import { expect, test } from 'vitest';
import { runFuzz } from './fuzz/run-fuzz.ts';

test('twenty seconds of fuzzing find nothing', async () => {
  const seed = Number(process.env['TIDELOG_FUZZ_SEED'] ?? 20_261_121);
  const report = await runFuzz({ seed, durationMs: 20_000 });
  console.log(`seed ${seed}\n${report.text}`);
  expect(report.failures, `npm run fuzz -- --seed ${seed}`).toEqual([]);
});
