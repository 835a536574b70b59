/**
 * `npm run bench`: every figure is a ratio against a limit program or a peer measured in the same run, in turns, with
 * the median and the spread of the rounds.
 *
 *   npm run bench -- --only produce,fetch    these parts
 *   npm run bench -- --rounds 9              more repetitions
 *   npm run bench -- --no-build              dist/ as it is
 *   npm run bench -- --json                  one JSON document instead of tables
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { clusterScale } from './parts/cluster-scale.ts';
import { coldStart } from './parts/cold-start.ts';
import { idleMemory } from './parts/idle-memory.ts';
import { kafkaClients } from './parts/kafka-clients.ts';
import { manyPartitions } from './parts/many-partitions.ts';
import { replication } from './parts/replication.ts';
import { tail } from './parts/tail.ts';
import { fetchThroughput, produceThroughput } from './parts/throughput.ts';
import { ensureBuilt } from './support/ensure-built.ts';
import { goalText, type Figure } from './support/figure.ts';
import type { Part } from './support/part.ts';
import { short } from './support/statistics.ts';

const parts: readonly Part[] = [
  produceThroughput,
  fetchThroughput,
  tail,
  coldStart,
  idleMemory,
  manyPartitions,
  kafkaClients,
  clusterScale,
  replication,
];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});

if (flags.list) console.log(parts.map(({ name }) => name).join('\n'));
else await main();

async function main(): Promise<void> {
  const wanted = flags.only?.split(',');
  const chosen = parts.filter(({ name }) => wanted === undefined || wanted.includes(name));
  if (chosen.length === 0) throw new Error(`--only takes ${parts.map(({ name }) => name).join(', ')}`);
  if (!flags['no-build']) ensureBuilt();
  const figures: Figure[] = [];
  const skipped: string[] = [];
  for (const part of chosen) {
    console.error(`measuring ${part.name} ...`);
    const context = { rounds: Number(flags.rounds), skip: (what: string) => void skipped.push(what) };
    figures.push(...(await part.run(context)));
  }
  if (flags.json) console.log(JSON.stringify({ figures, skipped }, null, 2));
  else print(figures, skipped);
  process.exitCode = figures.every(({ reached }) => reached) ? 0 : 1;
}

function print(figures: readonly Figure[], skipped: readonly string[]): void {
  const table = new Table({
    head: ['part', 'what', 'Tidelog', '±', 'against', 'its figure', '±', 'ratio', 'must reach', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right', 'left', 'right', 'right', 'right', 'left', 'left'],
  });
  const percent = (spread: number): string => `${Math.round(spread * 50)} %`;
  for (const { part, name, unit, value, spread, against, ratio, goals, reached } of figures) {
    const theirs = against === undefined ? ['', '', ''] : [against.name, short(against.value), percent(against.spread)];
    const verdict = goals.length === 0 ? '' : reached ? 'yes' : 'NO';
    const must = goals.map(goalText).join(', ');
    table.push([
      part,
      name,
      `${short(value)} ${unit}`,
      percent(spread),
      ...theirs,
      ratio === undefined ? '' : ratio.toFixed(2),
      must,
      verdict,
    ]);
  }
  console.log(table.toString());
  for (const what of skipped) console.log(`skipped: ${what}`);
}
