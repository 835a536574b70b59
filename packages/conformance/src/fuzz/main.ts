/**
 * `npm run fuzz`: the decoders and the live socket of a real broker, from one seed, for as long as asked. It prints
 * what it tried and what came of it; a failure prints the command that replays it and ends with exit code 1.
 *
 *   npm run fuzz -- --seed 7 --minutes 10
 *   npm run fuzz -- --seed 7 --walk 1234      one walk over the socket alone
 */
import { parseArgs } from 'node:util';
import { runFuzz } from './run-fuzz.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    minutes: { type: 'string', default: '1' },
    walk: { type: 'string' },
  },
});
const seed = Number(values.seed);
const walk = values.walk === undefined ? undefined : Number(values.walk);
console.log(`seed ${seed}`);
const report = await runFuzz({
  seed,
  durationMs: Number(values.minutes) * 60_000,
  ...(walk === undefined ? {} : { walk }),
  onProgress: (line) => console.log(line),
});
console.log(report.text);
if (report.failures.length > 0) {
  for (const failure of report.failures) console.error(`FAILED: ${failure}`);
  const replay = report.failedWalk === undefined ? '' : ` --walk ${report.failedWalk}`;
  console.error(`Replay with: npm run fuzz -- --seed ${seed}${replay}`);
  process.exitCode = 1;
}
