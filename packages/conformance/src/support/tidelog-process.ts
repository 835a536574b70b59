/**
 * Tidelog as a user runs it: `tidelog server` in processes of their own, on free ports, in a temporary directory. The
 * tests kill, stop and restart them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePorts } from './free-ports.ts';

const main = resolve(import.meta.dirname, '../../../cli/src/main.ts');
const probeModule = resolve(import.meta.dirname, 'broker-probe.ts');

export interface ClusterOptions {
  readonly brokers: number;
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Has the processes tell of their loops and their memory, for longestTurnMs and heldMebibytes of watch.ts. */
  readonly probe?: boolean;
  /** Given: the data outlives this object. */
  readonly directory?: string;
}

export class TidelogProcess {
  readonly nodeId: number;
  readonly port: number;
  readonly httpPort: number;
  readonly directory: string;
  readonly #probe: boolean;
  #child: ChildProcess | undefined;

  constructor(node: { nodeId: number; port: number; httpPort: number; directory: string; probe?: boolean }) {
    this.#probe = node.probe ?? false;
    this.nodeId = node.nodeId;
    this.port = node.port;
    this.httpPort = node.httpPort;
    this.directory = node.directory;
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get dataDirectory(): string {
    return join(this.directory, 'data');
  }

  /** What the process printed, for the message of a failing test. */
  output(): string {
    const file = join(this.directory, 'output.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Spawns the process, with no more than so many file descriptors if that is given; `ready` waits for it. */
  spawn({ maxFiles }: { readonly maxFiles?: number } = {}): void {
    const command = [
      process.execPath,
      '--conditions=source',
      ...(this.#probe ? ['--import', probeModule] : []),
      main,
      'server',
      join(this.directory, 'server.properties'),
    ];
    const limited = ['bash', '-c', `ulimit -n ${maxFiles}; exec "$0" "$@"`, ...command];
    const [program = '', ...args] = maxFiles === undefined ? command : limited;
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CLUSTER_ID: clusterId },
    });
    const keep = (chunk: Buffer): void => appendFileSync(join(this.directory, 'output.log'), chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
  }

  async ready(timeoutMs = 90_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const response = await fetch(`http://127.0.0.1:${this.httpPort}/readyz`).catch(() => undefined);
      if (response?.ok === true) return;
      const gone = this.#child === undefined || this.#child.exitCode !== null;
      if (gone || Date.now() > deadline) {
        throw new Error(`node ${this.nodeId} ${gone ? 'ended' : 'is not ready'}:\n${this.output().slice(-4000)}`);
      }
      await new Promise((done) => void setTimeout(done, 20));
    }
  }

  /** Sends a signal; for one that ends the process, waits for the end and gives the exit code. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((done) => void child.once('exit', (code) => done(code)));
    child.kill(signal);
    return signal === 'SIGSTOP' || signal === 'SIGCONT' ? null : await ended;
  }
}

const clusterId = 'conformance-cluster-01w';

/** Processes of one cluster; `await using` stops them and removes what they wrote. */
export class TidelogCluster implements AsyncDisposable {
  readonly nodes: readonly TidelogProcess[];
  readonly #directory: string;

  private constructor(nodes: readonly TidelogProcess[], directory: string) {
    this.nodes = nodes;
    this.#directory = directory;
  }

  static async start({ brokers, settings = {}, probe = false, directory }: ClusterOptions): Promise<TidelogCluster> {
    const root = directory ?? mkdtempSync(join(tmpdir(), 'tidelog-conformance-'));
    const ports = await freePorts(brokers * 3);
    const ids = Array.from({ length: brokers }, (_, i) => i + 1);
    const voters = ids.map((id) => `${id}@127.0.0.1:${ports[(id - 1) * 3 + 1]}`).join(',');
    const nodes = ids.map((nodeId) => {
      const [port = 0, controllerPort = 0, httpPort = 0] = ports.slice((nodeId - 1) * 3);
      const node = new TidelogProcess({
        nodeId,
        port,
        httpPort,
        probe,
        directory: join(root, `node-${nodeId}`),
      });
      mkdirSync(node.directory, { recursive: true });
      const lines = Object.entries({
        'process.roles': 'broker,controller',
        'node.id': nodeId,
        'controller.quorum.voters': voters,
        listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
        'controller.listener.names': 'CONTROLLER',
        'log.dirs': node.dataDirectory,
        'http.listeners': `http://127.0.0.1:${httpPort}`,
        'offsets.topic.replication.factor': Math.min(3, brokers),
        'default.replication.factor': Math.min(3, brokers),
        'group.initial.rebalance.delay.ms': 0,
        ...settings,
      });
      writeFileSync(
        join(node.directory, 'server.properties'),
        lines.map(([key, value]) => `${key}=${value}\n`).join(''),
      );
      return node;
    });
    const cluster = new TidelogCluster(nodes, root);
    for (const node of nodes) node.spawn();
    await Promise.all(nodes.map((node) => node.ready()));
    return cluster;
  }

  get bootstrap(): string {
    return this.nodes.map((node) => node.bootstrap).join(',');
  }

  node(nodeId: number): TidelogProcess {
    const node = this.nodes.find((one) => one.nodeId === nodeId);
    if (node === undefined) throw new Error(`no node ${nodeId}`);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.signal('SIGKILL')));
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
