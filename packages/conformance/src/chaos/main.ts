/**
 * `npm run chaos`: three real broker processes under load from kcat while they are killed, stopped, restarted and cut
 * off from each other. Prints one line per figure; ends with 1 when anything was lost, repeated or inconsistent.
 */
import { readFlags } from '@tidelog/testing';
import { findKcat } from '../support/tools.ts';
import { runChaos } from './chaos-run.ts';
import { figuresOf } from './figures.ts';

const help = `npm run chaos                                 five minutes of faults from a seed of today
npm run chaos -- --minutes 10 --seed 7        so long, with the faults of that seed
npm run chaos -- --rate 5000 --partitions 12  records a second, over so many partitions; 1000 and 4 when not given
npm run chaos -- --proxies                    cut links by proxies, as where network namespaces cannot be had
npm run chaos -- --quiet                      only the figures

Needs kcat. Prints "chaos <name>=<value>" lines; exit code 1 when an anomaly was found, with the command to replay it.`;

const flags = readFlags(help, {
  minutes: { type: 'string', default: '5' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  rate: { type: 'string', default: '1000' },
  partitions: { type: 'string', default: '4' },
  proxies: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
});

const kcat = findKcat();
if (typeof kcat !== 'string') throw new Error(kcat.missing);
const seed = Number(flags.seed);
console.log(`chaos seed=${seed} minutes=${flags.minutes}`);
const result = await runChaos({
  seed,
  minutes: Number(flags.minutes),
  ratePerSecond: Number(flags.rate),
  partitions: Number(flags.partitions),
  proxies: flags.proxies,
  log: flags.quiet ? () => undefined : (line) => console.error(line),
});
for (const line of figuresOf(result)) console.log(line);
for (const { anomaly, detail } of result.findings.slice(0, 20)) console.error(`${anomaly}: ${detail}`);
if (result.findings.length > 0) {
  console.error(`replay: npm run chaos -- --seed ${seed} --minutes ${flags.minutes}`);
  process.exitCode = 1;
}
