/**
 * Three nodes, each broker and controller, in processes of their own: Tidelog as it is installed, or Apache Kafka. Both
 * get the same settings and otherwise their shipped defaults.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Product } from './broker-process.ts';
import { freePorts } from './free-ports.ts';
import { javaArguments } from './kafka-jars.ts';

const command = resolve(import.meta.dirname, '../../../packages/cli/bin/tidelog.mjs');
/** For profiling what is measured: `TIDELOG_BENCH_NODE_FLAGS=--cpu-prof`. */
const nodeFlags = (process.env['TIDELOG_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
const clusterId = 'bench-cluster-id-00003w';

export interface NodeProcess {
  readonly id: number;
  readonly port: number;
  /** Where Tidelog serves /metrics. */
  readonly httpPort: number;
  readonly directory: string;
}

export class ClusterProcesses implements AsyncDisposable {
  readonly nodes: readonly NodeProcess[];
  readonly #product: Product;
  readonly #directory: string;
  readonly #children = new Map<number, ChildProcess>();

  private constructor(product: Product, directory: string, nodes: readonly NodeProcess[]) {
    this.#product = product;
    this.#directory = directory;
    this.nodes = nodes;
  }

  /** Formatted storage and settings; no process runs yet. */
  static async prepare(product: Product, settings: Readonly<Record<string, string | number>> = {}) {
    const directory = mkdtempSync(join(tmpdir(), `tidelog-bench-${product.name}-`));
    const ports = await freePorts(9);
    const ids = [1, 2, 3];
    const voters = ids.map((id) => `${id}@127.0.0.1:${ports[id + 2]}`).join(',');
    const nodes = ids.map((id) => {
      const at = { port: ports[id - 1] ?? 0, httpPort: ports[id + 5] ?? 0 };
      const node = { id, ...at, directory: join(directory, `node-${id}`) };
      const lines = {
        'process.roles': 'broker,controller',
        'node.id': id,
        'controller.quorum.voters': voters,
        listeners: `PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${ports[id + 2]}`,
        'controller.listener.names': 'CONTROLLER',
        'log.dirs': join(node.directory, 'data'),
        'default.replication.factor': 3,
        'min.insync.replicas': 2,
        'offsets.topic.replication.factor': 3,
        ...(product.name === 'tidelog' ? { 'http.listeners': `http://127.0.0.1:${node.httpPort}` } : {}),
        ...settings,
      };
      mkdirSync(join(node.directory, 'data'), { recursive: true });
      const properties = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
      writeFileSync(join(node.directory, 'server.properties'), properties.join(''));
      return node;
    });
    const cluster = new ClusterProcesses(product, directory, nodes);
    for (const node of nodes) cluster.#format(node);
    return cluster;
  }

  get name(): Product['name'] {
    return this.#product.name;
  }

  node(id: number): NodeProcess {
    const node = this.nodes.find((one) => one.id === id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  pid(id: number): number {
    const pid = this.#children.get(id)?.pid;
    if (pid === undefined) throw new Error(`node ${id} does not run`);
    return pid;
  }

  start(id: number): void {
    const { directory } = this.node(id);
    const [program, args] = this.#program(['server'], 'kafka.Kafka');
    const file = join(directory, 'server.properties');
    const child = spawn(program, [...args, file], { stdio: ['ignore', 'pipe', 'pipe'], cwd: directory });
    const keep = (chunk: Buffer): void => appendFileSync(join(directory, 'output.log'), chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#children.set(id, child);
  }

  /** Sends the signal at once; resolves when the process has ended. */
  async end(id: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#children.get(id);
    this.#children.delete(id);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((done) => void child.once('exit', () => done()));
    child.kill(signal);
    await ended;
  }

  output(id: number): string {
    return readFileSync(join(this.node(id).directory, 'output.log'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A profile is written at a clean end only.
    const signal = nodeFlags.length > 0 ? 'SIGTERM' : 'SIGKILL';
    await Promise.all(this.nodes.map(({ id }) => this.end(id, signal)));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #program(ours: readonly string[], theirs: string): [string, string[]] {
    return this.#product.name === 'tidelog'
      ? [process.execPath, [...nodeFlags, command, ...ours]]
      : ['java', [...javaArguments(this.#product.jars, '512M'), theirs]];
  }

  #format({ directory }: NodeProcess): void {
    const [program, args] = this.#program(['storage'], 'kafka.tools.StorageTool');
    const file = join(directory, 'server.properties');
    const result = spawnSync(program, [...args, 'format', '-t', clusterId, '-c', file], { encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`${this.name} storage format: ${result.stderr}`);
  }
}
