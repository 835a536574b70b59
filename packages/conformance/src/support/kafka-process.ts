/** Apache Kafka itself: one node in combined KRaft mode, on free ports, in a temporary directory. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { freePorts } from './free-ports.ts';
import { runProgram } from './shell.ts';

export class KafkaProcess implements AsyncDisposable {
  readonly dataDirectory: string;
  readonly port: number;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { directory, port }: { directory: string; port: number }) {
    this.#child = child;
    this.#directory = directory;
    this.port = port;
    this.dataDirectory = join(directory, 'data');
  }

  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  static async start(classPath: string, settings: Readonly<Record<string, string>> = {}): Promise<KafkaProcess> {
    const directory = mkdtempSync(join(tmpdir(), 'tidelog-kafka-'));
    const [port = 0, controllerPort = 0] = await freePorts(2);
    const properties = join(directory, 'server.properties');
    const lines = Object.entries({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
      listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      'log.dirs': join(directory, 'data'),
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      ...settings,
    });
    writeFileSync(properties, lines.map(([key, value]) => `${key}=${value}\n`).join(''));
    const format = ['format', '-t', 'conformance-cluster-01w', '-c', properties];
    await runProgram({ program: 'java', args: ['-cp', classPath, 'kafka.tools.StorageTool', ...format] });
    const output = openSync(join(directory, 'output.log'), 'w');
    const child = spawn('java', ['-Xmx512m', '-cp', classPath, 'kafka.Kafka', properties], {
      stdio: ['ignore', output, output],
    });
    const kafka = new KafkaProcess(child, { directory, port });
    await kafka.#listening();
    return kafka;
  }

  /** Stops it as an operator does, so that its files are complete. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((done) => void this.#child.once('exit', done));
    this.#child.kill('SIGTERM');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #listening(): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      if (await accepts(this.port)) return;
      if (this.#child.exitCode !== null || Date.now() > deadline) {
        throw new Error(
          `Kafka did not start:\n${readFileSync(join(this.#directory, 'output.log'), 'utf8').slice(-3000)}`,
        );
      }
      await new Promise((done) => void setTimeout(done, 100));
    }
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), done(true)));
    socket.once('error', () => done(false));
  });
}
