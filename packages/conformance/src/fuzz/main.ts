/**
 * `npm run fuzz`: the decoders and the live socket of a real broker, from one seed, for as long as asked. It prints
 * what it tried and what came of it; a failure prints the command that replays it and ends with exit code 1.
 */
import { readFlags } from '@tidelog/testing';
import { runFuzz } from './run-fuzz.ts';

const help = `npm run fuzz                              one minute from a random seed
npm run fuzz -- --seed 7 --minutes 10     so long, from that seed
npm run fuzz -- --seed 7 --walk 1234      one walk over the socket alone

A fifth of the time goes to the decoders, the rest to the socket of a real broker with a well-behaved client beside it.
Exit code 1 when anything was found, with the command to replay it.`;

const values = readFlags(help, {
  seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  minutes: { type: 'string', default: '1' },
  walk: { type: 'string' },
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
