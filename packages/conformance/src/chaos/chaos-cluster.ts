/** Three broker processes over links that can be cut, on storage that is read when they have stopped. */
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nodeIds, type Links } from './links.ts';

const main = resolve(import.meta.dirname, '../../../cli/src/main.ts');
const clusterId = 'chaos-cluster-id-00001w';

export class ChaosCluster implements AsyncDisposable {
  readonly links: Links;
  readonly #directory: string;
  readonly #children = new Map<number, ChildProcess>();

  constructor(links: Links, directory: string) {
    this.links = links;
    this.#directory = directory;
    for (const id of nodeIds) this.#configure(id);
  }

  get bootstrap(): string {
    return nodeIds.map((id) => this.links.bootstrapOf(id)).join(',');
  }

  dataDirectory(id: number): string {
    return join(this.#directory, `node-${id}`, 'data');
  }

  start(id: number): void {
    const directory = join(this.#directory, `node-${id}`);
    const command = [process.execPath, '--conditions=source', main, 'server', join(directory, 'server.properties')];
    const [program = '', ...args] = [...this.links.launcherOf(id), ...command];
    const environment = { ...process.env, CLUSTER_ID: clusterId };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
    const keep = (chunk: Buffer): void => appendFileSync(join(directory, 'output.log'), chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#children.set(id, child);
  }

  /** Sends a signal; for one that ends the process, waits for the end and gives the exit code. */
  async signal(id: number, signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#children.get(id);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((done) => void child.once('exit', (code) => done(code)));
    child.kill(signal);
    return signal === 'SIGSTOP' || signal === 'SIGCONT' ? null : await ended;
  }

  async ready(id: number, withinMs = 120_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const options = { signal: AbortSignal.timeout(1000) };
      const response = await fetch(`${this.links.httpOf(id)}/readyz`, options).catch(() => undefined);
      if (response?.ok === true) return;
      const child = this.#children.get(id);
      const ended = child === undefined || child.exitCode !== null || child.signalCode !== null;
      if (ended || Date.now() > deadline) {
        throw new Error(`node ${id} ${ended ? 'ended' : 'is not ready'}:\n${this.output(id).slice(-3000)}`);
      }
      await new Promise((done) => void setTimeout(done, 50));
    }
  }

  output(id: number): string {
    const file = join(this.#directory, `node-${id}`, 'output.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(nodeIds.map((id) => this.signal(id, 'SIGKILL')));
  }

  #configure(id: number): void {
    const directory = join(this.#directory, `node-${id}`);
    mkdirSync(directory, { recursive: true });
    const settings = {
      'process.roles': 'broker,controller',
      'node.id': id,
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': this.dataDirectory(id),
      'default.replication.factor': 3,
      'min.insync.replicas': 2,
      'offsets.topic.replication.factor': 3,
      // Several segments per partition, so that rolling meets the faults too.
      'log.segment.bytes': 4 * 1024 * 1024,
      ...this.links.settingsOf(id),
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(directory, 'server.properties'), lines.join(''));
  }
}
