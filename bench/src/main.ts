/**
 * `npm run bench`: every figure with what it must reach, as a ratio against a limit program or a peer measured in the
 * same run, in turns, where there is one; with the median and the spread of the rounds. `--help` lists the parts.
 */
import { readFlags } from '@tidelog/testing';
import { append } from './parts/append.ts';
import { clusterScale } from './parts/cluster-scale.ts';
import { clusterStart } from './parts/cluster-start.ts';
import { codec } from './parts/codec.ts';
import { coldStart } from './parts/cold-start.ts';
import { compaction } from './parts/compaction.ts';
import { failover } from './parts/failover.ts';
import { groups } from './parts/groups.ts';
import { idleMemory } from './parts/idle-memory.ts';
import { kafkaClients } from './parts/kafka-clients.ts';
import { manyPartitions } from './parts/many-partitions.ts';
import { offsetsReload } from './parts/offsets-reload.ts';
import { replication } from './parts/replication.ts';
import { simulate } from './parts/simulate.ts';
import { tail } from './parts/tail.ts';
import { fetchThroughput, produceThroughput } from './parts/throughput.ts';
import { ensureBuilt } from './support/ensure-built.ts';
import type { Figure } from './support/figure.ts';
import type { Part } from './support/part.ts';
import { printTable } from './support/table.ts';

const parts: readonly Part[] = [
  codec,
  append,
  produceThroughput,
  fetchThroughput,
  tail,
  coldStart,
  idleMemory,
  manyPartitions,
  kafkaClients,
  clusterStart,
  clusterScale,
  replication,
  failover,
  groups,
  compaction,
  offsetsReload,
  simulate,
];

const flags = readFlags(help(), {
  only: { type: 'string' },
  rounds: { type: 'string', default: '5' },
  json: { type: 'boolean', default: false },
  'no-build': { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
});

if (flags.list) console.log(parts.map(({ name }) => name).join('\n'));
else await main();

async function main(): Promise<void> {
  const chosen = chosenParts(flags.only);
  if (!flags['no-build']) ensureBuilt();
  const figures: Figure[] = [];
  const skipped: string[] = [];
  const failed: string[] = [];
  const startedAt = performance.now();
  for (const part of chosen) {
    const note = (what: string): void => {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      console.error(`${String(seconds).padStart(5)} s  ${part.name}: ${what}`);
    };
    note('...');
    const context = { rounds: Number(flags.rounds), skip: (what: string) => void skipped.push(what), note };
    try {
      figures.push(...(await part.run(context)));
    } catch (error) {
      // The others have their figures all the same.
      console.error(error);
      failed.push(`${part.name}: ${String(error)}`);
    }
  }
  if (flags.json) console.log(JSON.stringify({ figures, skipped, failed }, null, 2));
  else printTable(figures, [...skipped.map((what) => `skipped: ${what}`), ...failed.map((what) => `FAILED: ${what}`)]);
  process.exitCode = failed.length === 0 && figures.every(({ reached }) => reached) ? 0 : 1;
}

function chosenParts(only: string | undefined): readonly Part[] {
  const wanted = only?.split(',');
  const unknown = wanted?.filter((name) => !parts.some((part) => part.name === name)) ?? [];
  if (unknown.length === 0) return parts.filter(({ name }) => wanted === undefined || wanted.includes(name));
  throw new Error(`no part ${unknown.join(', ')}; there are ${parts.map(({ name }) => name).join(', ')}`);
}

function help(): string {
  const width = Math.max(...parts.map(({ name }) => name.length));
  return [
    'npm run bench                               every part; about an hour with Apache Kafka to compare with',
    'npm run bench -- --only produce,fetch       these parts',
    'npm run bench -- --rounds 1                 a quick look; 5 when not given',
    'npm run bench -- --no-build                 dist/ as it is, instead of built from the source first',
    'npm run bench -- --json                     one JSON document instead of a table',
    'npm run bench -- --list                     the names of the parts',
    '',
    'Figures go to the standard output, progress to the standard error. The exit code is 1 when a figure misses what',
    'it must reach. Apache Kafka is measured where there is a JDK and its jars are (npm test fetches them). In the',
    "table, '±' is half the distance between the best and the worst round.",
    '',
    ...parts.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'What has no goal stands alone, as node --conditions=source bench/src/programs/<name>.ts:',
    '  group-core, metadata-image, net-echo, records',
  ].join('\n');
}
