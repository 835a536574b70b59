/**
 * `tidelog dev`, which is `npm start`: a cluster on this machine, one process per broker, each broker and controller in
 * one. Prints what to type next; Ctrl-C stops it cleanly.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createNodeWorld, randomUuid } from '@tidelog/core';
import { readIdentity } from '@tidelog/server';
import type { Command } from 'commander';

interface DevFlags {
  readonly brokers: string;
  readonly data: string;
  readonly ephemeral?: boolean;
  readonly override: string[];
}

export function addDev(program: Command): void {
  program
    .command('dev')
    .description('run a cluster on this machine (this is what "npm start" does)')
    .option('--brokers <n>', 'how many brokers', '3')
    .option('--data <directory>', 'where the data is kept', 'data')
    .option('--ephemeral', 'keep the data in a temporary directory that goes away at the end')
    .option(
      '--override <key=value>',
      'set a key on every broker (repeatable)',
      (v: string, all: string[]) => [...all, v],
      [],
    )
    .addHelpText('after', '\nExamples:\n  npm start\n  npm start -- --brokers 1 --ephemeral')
    .action(runDev);
}

async function runDev(flags: DevFlags): Promise<void> {
  const count = Number(flags.brokers);
  if (!Number.isInteger(count) || count < 1 || count > 9) throw new Error('--brokers takes a number from 1 to 9');
  const ephemeral = flags.ephemeral === true ? mkdtempSync(join(tmpdir(), 'tidelog-')) : undefined;
  const data = ephemeral ?? resolve(flags.data);
  const nodes = Array.from({ length: count }, (_, i) => i + 1);
  const clusterId = clusterIdOf(data);
  const children = nodes.map((nodeId) => startNode({ nodeId, nodes, data, clusterId, overrides: flags.override }));
  const ended = children.map((child) => new Promise<void>((done) => void child.once('exit', () => done())));
  stopTogether(children);
  await Promise.race([Promise.all(nodes.map(becomesReady)), Promise.race(ended)]);
  if (children.every((child) => child.exitCode === null)) printWelcome(nodes, data);
  await Promise.all(ended);
  if (ephemeral !== undefined) rmSync(ephemeral, { recursive: true, force: true });
  process.exitCode = children.some((child) => child.exitCode !== 0) ? 1 : 0;
}

const kafkaPort = (nodeId: number): number => 9092 + 2 * (nodeId - 1);
const controllerPort = (nodeId: number): number => 9093 + 2 * (nodeId - 1);
const httpPort = (nodeId: number): number => 8080 + nodeId - 1;

/** The cluster of the data that is there, or a new one. */
function clusterIdOf(data: string): string {
  const { disk, random } = createNodeWorld();
  return readIdentity(disk, join(data, 'broker-1'))?.clusterId ?? randomUuid(random);
}

interface NodeStart {
  readonly nodeId: number;
  readonly nodes: readonly number[];
  readonly data: string;
  readonly clusterId: string;
  readonly overrides: readonly string[];
}

function startNode({ nodeId, nodes, data, clusterId, overrides }: NodeStart): ChildProcess {
  const directory = join(data, `broker-${nodeId}`);
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'server.properties');
  writeFileSync(file, propertiesOf(nodeId, nodes, directory));
  const main = process.argv[1] ?? '';
  const flags = overrides.flatMap((override) => ['--override', override]);
  const args = [...process.execArgv, main, 'server', file, '--cluster-id', clusterId, ...flags];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const log = join(directory, 'server.log');
  writeFileSync(log, '');
  child.stdout?.on('data', (chunk: Buffer) => {
    writeFileSync(log, chunk, { flag: 'a' });
    for (const line of chunk.toString('utf8').split('\n')) if (/"level":(40|50|60)/.test(line)) console.error(line);
  });
  return child;
}

function propertiesOf(nodeId: number, nodes: readonly number[], directory: string): string {
  const replication = Math.min(3, nodes.length);
  const lines = {
    'process.roles': 'broker,controller',
    'node.id': nodeId,
    'controller.quorum.voters': nodes.map((id) => `${id}@localhost:${controllerPort(id)}`).join(','),
    listeners: `PLAINTEXT://127.0.0.1:${kafkaPort(nodeId)},CONTROLLER://127.0.0.1:${controllerPort(nodeId)}`,
    'advertised.listeners': `PLAINTEXT://localhost:${kafkaPort(nodeId)}`,
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': directory,
    'http.listeners': `http://localhost:${httpPort(nodeId)}`,
    'default.replication.factor': replication,
    'min.insync.replicas': Math.max(1, replication - 1),
    'offsets.topic.replication.factor': replication,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': Math.max(1, replication - 1),
  };
  return Object.entries(lines)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** SIGINT or SIGTERM to this process stops all brokers; the end of one broker does not stop the others. */
function stopTogether(children: readonly ChildProcess[]): void {
  const stop = (): void => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGTERM');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

async function becomesReady(nodeId: number): Promise<void> {
  for (;;) {
    const response = await fetch(`http://localhost:${httpPort(nodeId)}/readyz`).catch(() => undefined);
    if (response?.ok === true) return;
    await new Promise((done) => void setTimeout(done, 50));
  }
}

function printWelcome(nodes: readonly number[], data: string): void {
  const bootstrap = nodes.map((id) => `localhost:${kafkaPort(id)}`).join(',');
  const brokers = nodes.length === 1 ? 'One broker is' : `${nodes.length} brokers are`;
  console.log(`
${brokers} ready. Bootstrap: ${bootstrap}
Data and logs: ${data}     Metrics: http://localhost:${httpPort(1)}/metrics

Type next, in another terminal:
  npm run tidelog -- topics create --topic hello --partitions 3
  echo "hello, world" | kcat -b localhost:9092 -P -t hello
  kcat -b localhost:9092 -C -t hello -e

Ctrl-C stops ${nodes.length === 1 ? 'it' : 'them'} cleanly.`);
}
