/**
 * `npm run simulate`: runs seeds, each twice, and compares the trace hashes. The first failure prints the seed, what
 * was violated and the command that replays it, and ends with exit code 1. `--help` has examples.
 */
import { readFlags } from '@tidelog/testing';
import type { ClusterSettings } from './cluster/settings.ts';
import type { LogLine } from './cluster/sim-cluster.ts';
import type { Fault } from './faults/fault.ts';
import { allFaults } from './faults/nemesis.ts';
import { mutations, type Mutation } from './mutations.ts';
import { runSeed, type RunResult } from './run-seed.ts';

const flags = readFlags(help(), {
  seed: { type: 'string' },
  seeds: { type: 'string' },
  minutes: { type: 'string' },
  once: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
  debug: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  mutation: { type: 'string' },
  faults: { type: 'string' },
  'fault-seconds': { type: 'string' },
  settings: { type: 'string' },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const first = flags.seed === undefined ? freshSeed() : Number(flags.seed);
  const count = flags.minutes === undefined ? Number(flags.seeds ?? 1) : Infinity;
  const endsAt = performance.now() + Number(flags.minutes ?? Infinity) * 60_000;
  const totals = { seeds: 0, failed: 0, virtualMs: 0, realMs: 0, acknowledged: 0, eligible: 0, lastKnown: 0 };
  for (let seed = first; seed < first + count && performance.now() < endsAt; seed++) {
    const result = await runTwice(seed);
    totals.seeds++;
    totals.virtualMs += result.virtualMs;
    totals.realMs += result.realMs;
    totals.acknowledged += result.acknowledged;
    if (result.elections.eligible > 0) totals.eligible++;
    if (result.elections.lastKnown > 0) totals.lastKnown++;
    report(result);
    if (result.violation === undefined) continue;
    totals.failed++;
    if (!flags.keep) break;
  }
  const hours = totals.virtualMs / 3_600_000;
  console.log(
    `simulate: ${totals.seeds} seeds, ${totals.failed} failed, ${hours.toFixed(2)} virtual hours, ` +
      `${(totals.virtualMs / totals.realMs).toFixed(0)} virtual seconds per second, ${totals.acknowledged} records; ` +
      `${totals.eligible} seeds elected from the ELR, ${totals.lastKnown} the last known leader`,
  );
  return totals.failed > 0 ? 1 : 0;
}

async function runTwice(seed: number): Promise<RunResult> {
  const mutation = mutationOf(flags.mutation);
  const options = { seed, mutation, faults: faultsOf(flags.faults), faultMs: faultMs(), settings: settings() };
  const result = await runSeed({ ...options, onLine: flags.verbose || flags.debug ? print : undefined });
  if (flags.once || result.violation !== undefined) return result;
  const again = await runSeed(options);
  if (again.traceHash === result.traceHash) return result;
  const [one, other] = [result, again].map(({ traceHash, events }) => `${traceHash} after ${events} events`);
  const message = `two runs differ: ${one}, ${other}`;
  return { ...result, violation: new Error(message) };
}

function settings(): Partial<ClusterSettings> {
  return JSON.parse(flags.settings ?? '{}') as Partial<ClusterSettings>;
}

function faultMs(): number | undefined {
  return flags['fault-seconds'] === undefined ? undefined : Number(flags['fault-seconds']) * 1000;
}

function faultsOf(names: string | undefined): readonly Fault[] | undefined {
  if (names === undefined) return undefined;
  return names.split(',').map((name) => {
    const found = allFaults.find((fault) => fault.name === name.trim());
    if (found === undefined) throw new Error(`no fault "${name}"; one of: ${allFaults.map((f) => f.name).join(', ')}`);
    return found;
  });
}

function mutationOf(name: string | undefined): Mutation | undefined {
  if (name === undefined) return undefined;
  const found = mutations.find((mutation) => mutation.name.includes(name));
  if (found === undefined) throw new Error(`no mutation "${name}"; one of: ${mutations.map((m) => m.name).join(', ')}`);
  return found;
}

function report({ seed, violation, state, traceHash, virtualMs, realMs, acknowledged, injected }: RunResult): void {
  const speed = (virtualMs / realMs).toFixed(0);
  const faults = [...injected].map(([name, times]) => `${name} ${times}`).join(', ');
  if (violation === undefined) {
    const seconds = (virtualMs / 1000).toFixed(0);
    console.log(`seed ${seed} ok ${traceHash} ${seconds} s at ${speed}/s, ${acknowledged} acknowledged; ${faults}`);
    return;
  }
  const invariant = 'invariant' in violation ? String(violation.invariant) : 'determinism';
  const given = (['mutation', 'faults', 'fault-seconds', 'settings'] as const).map((name) => {
    return flags[name] === undefined ? '' : ` --${name} '${flags[name]}'`;
  });
  console.log(
    `seed ${seed} FAILED at ${virtualMs.toFixed(1)} ms: ${invariant}\n  ${violation.message}\n${state}\n` +
      `  faults: ${faults}`,
  );
  console.log(`  replay: npm run simulate -- --seed ${seed}${given.join('')} --verbose`);
}

function print({ time, node, level, message, fields }: LogLine): void {
  if (level === 'debug' && !flags.debug) return;
  const who = node === 0 ? '*' : `n${node}`;
  const text = JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? value.message : value));
  console.log(`${time.toFixed(2).padStart(11)} ${who} ${level.padEnd(5)} ${message} ${text === '{}' ? '' : text}`);
}

function freshSeed(): number {
  return Math.floor(Math.random() * 0x7fff_0000);
}

function help(): string {
  return [
    'npm run simulate                                one seed, a random one',
    'npm run simulate -- --seed 7 --verbose          this one, with the log lines of all nodes (--debug: all lines)',
    'npm run simulate -- --seeds 50                  fifty seeds from a random one on',
    'npm run simulate -- --minutes 8 --keep          fresh seeds for so long, also after a failure',
    'npm run simulate -- --once                      without the second run that must give the same trace',
    "npm run simulate -- --mutation 'name'           with a known mistake built in, which must be found",
    '',
    'To make a failure smaller:',
    "  --faults 'kill,pause' --fault-seconds 20 --settings '{\"partitions\":1}'",
    '',
    `Faults: ${allFaults.map(({ name }) => name).join(', ')}`,
    `Mutations: ${mutations.map(({ name }) => name).join('; ')}`,
  ].join('\n');
}
