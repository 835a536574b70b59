/**
 * Nodes of a dynamic quorum for tests: formatted by `tidelog storage format`, as an operator would, and run in this
 * process over real sockets and a temporary directory.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeWorld, must, silentLogger } from '@tidelog/core';
import { collectProperties, MetricsRegistry, readIdentity, TidelogNode, type NodeOptions } from '@tidelog/server';
import { Command } from 'commander';
import { addStorage } from '../commands/storage.ts';

const host = '127.0.0.1';
const clusterId = 'AAAAAAAAAAAAAAAAAAAAAA';

export class FormattedNodes implements AsyncDisposable {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'tidelog-quorum-'));
  readonly #running = new Map<number, TidelogNode>();
  readonly #ports: readonly number[];
  readonly #settings = new Map<number, Readonly<Record<string, string>>>();

  private constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** Ports and configurations for the nodes 1 to `count`; nothing is formatted, nothing runs. */
  static async create(count: number, settings: Readonly<Record<string, string>> = {}): Promise<FormattedNodes> {
    const nodes = new FormattedNodes(await freePorts(count * 2));
    const ids = Array.from({ length: count }, (_, i) => i + 1);
    for (const id of ids) {
      nodes.configure(id, {
        'node.id': String(id),
        'process.roles': 'broker,controller',
        'controller.listener.names': 'CONTROLLER',
        listeners: `PLAINTEXT://${nodes.brokerAddress(id)},CONTROLLER://${nodes.controllerAddress(id)}`,
        'controller.quorum.bootstrap.servers': ids.map((other) => nodes.controllerAddress(other)).join(','),
        'http.listeners': '',
        'log.dirs': nodes.logDir(id),
        ...settings,
      });
    }
    return nodes;
  }

  /** Adds settings, or replaces some. */
  configure(id: number, settings: Readonly<Record<string, string>>): void {
    const texts = { ...this.#settings.get(id), ...settings };
    this.#settings.set(id, texts);
    const lines = Object.entries(texts).map((pair) => pair.join('='));
    writeFileSync(this.#config(id), lines.join('\n'));
  }

  brokerAddress(id: number): string {
    return `${host}:${this.#ports[2 * id - 2]}`;
  }

  controllerAddress(id: number): string {
    return `${host}:${this.#ports[2 * id - 1]}`;
  }

  logDir(id: number): string {
    return join(this.directory, `node-${id}`);
  }

  directoryId(id: number): string {
    return must(readIdentity(createNodeWorld().disk, this.logDir(id))).directoryId;
  }

  async format(id: number, ...flags: readonly string[]): Promise<void> {
    await runCommand(addStorage, 'storage', 'format', '-c', this.#config(id), '-t', clusterId, ...flags);
  }

  async start(id: number): Promise<TidelogNode> {
    const logger: NodeOptions['logger'] = { ...silentLogger, open: () => Promise.resolve() };
    const onFatal = (error: Error): void => {
      throw error;
    };
    const texts = collectProperties({ file: readFileSync(this.#config(id), 'utf8'), environment: {} });
    const options = { world: createNodeWorld(), texts, logger, metrics: new MetricsRegistry(), format: false, onFatal };
    const node = await TidelogNode.start(options);
    this.#running.set(id, node);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.values()].map((node) => node.stop()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  #config(id: number): string {
    return join(this.directory, `${id}.properties`);
  }
}

/** Runs a verb of the command line in this process. */
export async function runCommand(add: (program: Command) => void, ...args: readonly string[]): Promise<void> {
  const program = new Command('tidelog').exitOverride();
  add(program);
  await program.parseAsync(args, { from: 'user' });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => {
    const address = server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((done) => void server.close(done))));
  return ports;
}

function listen(): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => resolve(server));
  });
}
