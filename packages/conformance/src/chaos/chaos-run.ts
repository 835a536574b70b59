/**
 * One run: three broker processes under load, one fault after the other in an order that the seed gives, then repair,
 * a final read, a clean stop and the check of everything that was seen.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '@tidelog/core';
import { runProgram } from '../support/shell.ts';
import { ChaosCluster } from './chaos-cluster.ts';
import { faults } from './faults.ts';
import { check, type Finding, type Observed } from './history.ts';
import { nodeIds, type Links } from './links.ts';
import { Producer, Reader, readEverything, RefusedProducer } from './load.ts';
import { NamespaceLinks } from './namespace-links.ts';
import { ProxyLinks } from './proxy-links.ts';
import { readReplica } from './replica-logs.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly ratePerSecond?: number;
  readonly partitions?: number;
  /** Cut links by proxies although namespaces could be had. */
  readonly proxies?: boolean;
  readonly log?: (line: string) => void;
}

export interface ChaosResult {
  readonly links: Links['kind'];
  /** How many of each. */
  readonly faults: ReadonlyMap<string, number>;
  readonly sent: number;
  readonly acknowledged: number;
  readonly read: number;
  /** How many sends were refused, as they had to be. */
  readonly refused: number;
  /** For each fault, the longest time in which a partition acknowledged nothing, in milliseconds. */
  readonly recoveryMs: readonly number[];
  readonly findings: readonly Finding[];
}

const topic = 'chaos';
/** Three seconds as a rule; a machine that starts a process in twenty takes longer. What is stuck is stuck for good. */
const recoverWithinMs = 60_000;
/** On a machine so slow that the time is over before. */
const faultsMin = 3;
const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { log = () => undefined } = options;
  const directory = mkdtempSync(join(tmpdir(), 'tidelog-chaos-'));
  const namespaces = options.proxies === true ? undefined : NamespaceLinks.create();
  await using links = namespaces ?? (await ProxyLinks.create());
  await using cluster = new ChaosCluster(links, directory);
  let failed = false;
  try {
    return await run(cluster, { ...options, log, directory });
  } catch (error) {
    failed = true;
    log(`the logs are kept in ${directory}`);
    log(await describeTopic(cluster.bootstrap));
    for (const id of nodeIds) log(`-- node ${id} --\n${cluster.output(id).slice(-1500)}`);
    throw error;
  } finally {
    await cluster[Symbol.asyncDispose]();
    if (!failed) rmSync(directory, { recursive: true, force: true });
  }
}

interface RunOptions extends ChaosOptions {
  readonly log: (line: string) => void;
  readonly directory: string;
}

async function run(cluster: ChaosCluster, options: RunOptions): Promise<ChaosResult> {
  const { seed, minutes, log, directory, ratePerSecond = 1000, partitions = 4 } = options;
  const { bootstrap } = cluster;
  for (const id of nodeIds) cluster.start(id);
  await Promise.all(nodeIds.map((id) => cluster.ready(id)));
  await createTopic(bootstrap, partitions);
  const producer = new Producer({ bootstrap, topic, ratePerSecond, partitions });
  const refused = new RefusedProducer({ bootstrap, topic });
  const reader = new Reader({ bootstrap, topic, file: join(directory, 'during') });
  const counts = new Map<string, number>();
  const recoveryMs: number[] = [];
  const random = new SeededRandom(seed);
  const names = Object.keys(faults);
  const until = Date.now() + minutes * 60_000;
  try {
    await progress(producer);
    while (Date.now() < until || recoveryMs.length < faultsMin) {
      const name = names[random.below(names.length)] ?? 'kill';
      producer.outage.begin(performance.now());
      await faults[name]?.({ cluster, random: random.fork(), log });
      counts.set(name, (counts.get(name) ?? 0) + 1);
      await progress(producer);
      const longestMs = Math.round(producer.outage.longestMs);
      recoveryMs.push(longestMs);
      log(`  ${producer.acknowledged} acknowledged, a partition without one for up to ${longestMs} ms`);
      await pause(300 + random.below(1500));
    }
    refused.kill();
    const produced = await producer.finish();
    const final = await readEverything({ bootstrap, topic, file: join(directory, 'final') });
    const during = await reader.finish();
    const replicas = await stopAndRead(cluster);
    const findings = check({ ...produced, during, final, replicas });
    const { sent, acknowledged } = produced;
    const { kind } = cluster.links;
    return {
      links: kind,
      faults: counts,
      sent,
      acknowledged: acknowledged.length,
      read: final.length,
      refused: refused.refused,
      recoveryMs,
      findings,
    };
  } finally {
    producer.kill();
    refused.kill();
    await reader.finish().catch(() => undefined);
  }
}

/** Waits for acknowledgements of every partition. A cluster that was repaired must come to them. */
async function progress(producer: Producer): Promise<void> {
  const from = performance.now();
  while (!producer.outage.hasAllSince(from)) {
    if (performance.now() - from > recoverWithinMs) {
      const said = producer.said.join('\n');
      throw new Error(`a partition acknowledged nothing for ${recoverWithinMs} ms after the repair; kcat:\n${said}`);
    }
    await pause(10);
  }
}

async function createTopic(bootstrap: string, partitions: number): Promise<void> {
  const main = join(import.meta.dirname, '../../../cli/src/main.ts');
  const what = ['--topic', topic, '--partitions', String(partitions), '--replication-factor', '3'];
  const args = ['--conditions=source', main, 'topics', 'create', '--bootstrap-server', bootstrap, ...what];
  await runProgram({ program: process.execPath, args });
}

async function describeTopic(bootstrap: string): Promise<string> {
  const args = ['-b', bootstrap, '-L', '-t', topic];
  return await runProgram({ program: 'kcat', args, mayFail: true, timeoutMs: 10_000 });
}

/** The replicas' own files, once they have caught up and stopped in good order. */
async function stopAndRead(cluster: ChaosCluster): Promise<Map<number, Observed[]>> {
  await Promise.all(nodeIds.map((id) => cluster.ready(id)));
  // Followers fetch within milliseconds of each other; the last ones may still be on their way.
  await pause(1000);
  const replicas = new Map<number, Observed[]>();
  for (const id of nodeIds) await cluster.signal(id, 'SIGTERM');
  for (const id of nodeIds) replicas.set(id, readReplica(cluster.dataDirectory(id), topic));
  return replicas;
}
