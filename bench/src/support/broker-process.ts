/**
 * A broker under measurement, in a process of its own on storage of its own: Tidelog from dist/, as it is installed, or
 * Apache Kafka with the heap and the collector of its own start script. Both get the same settings.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePorts } from './free-ports.ts';
import { javaArguments, type KafkaJars } from './kafka-jars.ts';

const root = resolve(import.meta.dirname, '../../..');
const command = join(root, 'packages/cli/bin/tidelog.mjs');
/** For profiling what is measured: `TIDELOG_BENCH_NODE_FLAGS=--cpu-prof npm run bench -- --only produce`. */
const nodeFlags = (process.env['TIDELOG_BENCH_NODE_FLAGS'] ?? '').split(' ').filter((flag) => flag !== '');
const clusterId = 'bench-cluster-id-00001w';

/** How a broker is started: Tidelog, or Kafka from these jars. */
export type Product = { readonly name: 'tidelog' } | { readonly name: 'kafka'; readonly jars: KafkaJars };

export const tidelog: Product = { name: 'tidelog' };

export class BrokerProcess implements AsyncDisposable {
  readonly port: number;
  readonly httpPort: number;
  readonly #product: Product;
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(product: Product, at: { directory: string; port: number; httpPort: number }) {
    this.#product = product;
    this.#directory = at.directory;
    this.port = at.port;
    this.httpPort = at.httpPort;
  }

  /** A broker with formatted storage that is not running yet. */
  static async prepare(product: Product, settings: Readonly<Record<string, string | number>> = {}) {
    const directory = mkdtempSync(join(tmpdir(), `tidelog-bench-${product.name}-`));
    const [port = 0, controllerPort = 0, httpPort = 0] = await freePorts(3);
    const lines = {
      'process.roles': 'broker,controller',
      'node.id': 1,
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': join(directory, 'data'),
      'offsets.topic.replication.factor': 1,
      'transaction.state.log.replication.factor': 1,
      'transaction.state.log.min.isr': 1,
      ...(product.name === 'tidelog' ? { 'http.listeners': `http://127.0.0.1:${httpPort}` } : {}),
      ...settings,
    };
    const properties = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'server.properties'), properties.join(''));
    const broker = new BrokerProcess(product, { directory, port, httpPort });
    broker.#run(['format', '-t', clusterId, '-c', join(directory, 'server.properties')]);
    cpSync(join(directory, 'data'), join(directory, 'formatted'), { recursive: true });
    return broker;
  }

  get name(): Product['name'] {
    return this.#product.name;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} is not running`);
    return pid;
  }

  get output(): string {
    const file = join(this.#directory, 'output.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Empties the storage: as formatted, nothing written. */
  reset(): void {
    rmSync(join(this.#directory, 'data'), { recursive: true });
    cpSync(join(this.#directory, 'formatted'), join(this.#directory, 'data'), { recursive: true });
  }

  spawn(): void {
    const file = join(this.#directory, 'server.properties');
    const [program, args] =
      this.#product.name === 'tidelog'
        ? [process.execPath, [...nodeFlags, command, 'server', file]]
        : ['java', [...javaArguments(this.#product.jars), 'kafka.Kafka', file]];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: this.#directory });
    const keep = (chunk: Buffer): void => writeFileSync(join(this.#directory, 'output.log'), chunk, { flag: 'a' });
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#child = child;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((done) => void child.once('exit', () => done()));
    child.kill(signal);
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #run(args: readonly string[]): void {
    const result =
      this.#product.name === 'tidelog'
        ? spawnSync(process.execPath, [command, 'storage', ...args], { encoding: 'utf8' })
        : spawnSync('java', [...javaArguments(this.#product.jars), 'kafka.tools.StorageTool', ...args], {
            encoding: 'utf8',
          });
    if (result.status !== 0) throw new Error(`${this.name} storage ${args.join(' ')}: ${result.stderr}`);
  }
}
