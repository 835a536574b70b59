/**
 * An outside client under load: one kcat as an idempotent producer with acks=all that is fed numbers and says what was
 * acknowledged, one kcat that reads along.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, createReadStream, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { refusedPrefix, type Acknowledged, type Observed } from './history.ts';
import { Outage } from './outage.ts';

/** As far as the producer goes back to try again; a run's faults are over long before. */
const messageTimeoutMs = 300_000;
const feedIntervalMs = 20;

export interface Produced {
  readonly sent: number;
  readonly acknowledged: readonly Acknowledged[];
  readonly allDelivered: boolean;
}

const common = ['-X', 'reconnect.backoff.ms=20', '-X', 'reconnect.backoff.max.ms=200', '-X', 'retry.backoff.ms=20'];

export interface ProducerOptions {
  readonly bootstrap: string;
  readonly topic: string;
  readonly ratePerSecond: number;
  readonly partitions: number;
}

export class Producer {
  readonly outage: Outage;
  readonly #child: ChildProcess;
  readonly #acknowledged: Acknowledged[] = [];
  readonly #feeding: NodeJS.Timeout;
  readonly #ended: Promise<number | null>;
  #sent = 0;
  #undelivered = 0;
  readonly #said: string[] = [];

  constructor({ bootstrap, topic, ratePerSecond, partitions }: ProducerOptions) {
    this.outage = new Outage(partitions);
    const safe = ['-X', 'enable.idempotence=true', '-X', 'acks=all', '-X', `message.timeout.ms=${messageTimeoutMs}`];
    const pace = ['-X', 'linger.ms=5', '-X', 'sticky.partitioning.linger.ms=0', '-X', 'socket.timeout.ms=10000'];
    // -E: goes on although all brokers were out of reach for a moment.
    const args = ['-b', bootstrap, '-P', '-E', '-t', topic, '-v', '-v', '-v', ...safe, ...pace, ...common];
    const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.#onLine(line));
    this.#ended = new Promise((done) => void child.once('close', (code) => done(code)));
    // What is fed while kcat is gone is lost; its end is noticed at the end.
    child.stdin.on('error', () => undefined);
    const batch = Math.max(1, Math.round((ratePerSecond * feedIntervalMs) / 1000));
    this.#feeding = setInterval(() => this.#feed(batch), feedIntervalMs);
  }

  /** The last lines kcat said that were no acknowledgements. */
  get said(): readonly string[] {
    return this.#said.slice(-20);
  }

  get acknowledged(): number {
    return this.#acknowledged.length;
  }

  /** Ends the input and waits until kcat has delivered, or given up, everything. */
  async finish(): Promise<Produced> {
    clearInterval(this.#feeding);
    this.#child.stdin?.end();
    const code = await this.#ended;
    const acknowledged = this.#acknowledged;
    const allDelivered = code === 0 && this.#undelivered === 0 && acknowledged.length === this.#sent;
    return { sent: this.#sent, acknowledged, allDelivered };
  }

  kill(): void {
    clearInterval(this.#feeding);
    this.#child.kill('SIGKILL');
  }

  #feed(count: number): void {
    const { stdin } = this.#child;
    // A pipe that is not taken from is the sign that the producer's queue is full.
    if (stdin === null || stdin.writableNeedDrain) return;
    let text = '';
    for (let i = 0; i < count; i++) text += `${this.#sent++}\n`;
    stdin.write(text);
  }

  #onLine(line: string): void {
    const match = /delivered to partition (\d+) \(offset (\d+)\)/.exec(line);
    if (match === null) this.#said.push(line);
    else {
      const partition = Number(match[1]);
      this.#acknowledged.push({ partition, offset: Number(match[2]) });
      this.outage.acknowledged(partition, performance.now());
    }
    if (/Delivery failed/.test(line)) this.#undelivered++;
  }
}

const refusedEveryMs = 1000;
/** More than max.message.bytes allows, which is 1,048,588 by default. */
const refusedBytes = 1_100_000;

/** Sends what is too large, so that brokers refuse it for certain: it must be read by nobody. */
export class RefusedProducer {
  readonly #child: ChildProcess;
  readonly #feeding: NodeJS.Timeout;
  #sent = 0;
  #refused = 0;

  constructor({ bootstrap, topic }: { readonly bootstrap: string; readonly topic: string }) {
    const large = ['-X', 'message.max.bytes=4000000', '-X', 'batch.num.messages=1', '-X', 'acks=all'];
    const args = ['-b', bootstrap, '-P', '-E', '-t', topic, '-v', '-v', '-v', ...large, ...common];
    const child = spawn('kcat', args, { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (/Delivery failed.*too large/i.test(line)) this.#refused++;
    });
    child.stdin.on('error', () => undefined);
    this.#feeding = setInterval(() => {
      if (child.stdin.writableNeedDrain) return;
      child.stdin.write(`${refusedPrefix}${this.#sent++}`.padEnd(refusedBytes, 'x') + '\n');
    }, refusedEveryMs);
  }

  get refused(): number {
    return this.#refused;
  }

  kill(): void {
    clearInterval(this.#feeding);
    this.#child.kill('SIGKILL');
  }
}

const format = '%p %o %s\\n';

/** Reads along from the beginning while the faults go on. */
export class Reader {
  readonly #child: ChildProcess;
  readonly #file: string;

  constructor({ bootstrap, topic, file }: { bootstrap: string; topic: string; file: string }) {
    const args = ['-b', bootstrap, '-C', '-E', '-t', topic, '-o', 'beginning', '-q', '-u', '-f', format, ...common];
    const output = openSync(file, 'w');
    this.#child = spawn('kcat', args, { stdio: ['ignore', output, 'ignore'] });
    closeSync(output);
    this.#file = file;
  }

  async finish(): Promise<Observed[]> {
    const ended = new Promise((done) => void this.#child.once('close', done));
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM');
      await ended;
    }
    return await readObserved(this.#file);
  }
}

/** Everything there is now, up to the end of every partition. */
export async function readEverything(options: { bootstrap: string; topic: string; file: string }): Promise<Observed[]> {
  const { bootstrap, topic, file } = options;
  const args = ['-b', bootstrap, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-f', format, ...common];
  const output = openSync(file, 'w');
  const child = spawn('kcat', args, { stdio: ['ignore', output, 'inherit'], timeout: 120_000, killSignal: 'SIGKILL' });
  closeSync(output);
  const code = await new Promise<number | null>((done) => void child.once('close', (status) => done(status)));
  if (code !== 0) throw new Error(`the final read ended with ${code}`);
  return await readObserved(file);
}

async function readObserved(file: string): Promise<Observed[]> {
  const observed: Observed[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const [partition, offset, value] = line.split(' ');
    // The reader was ended in the middle of its last line, perhaps.
    if (value !== undefined) observed.push({ partition: Number(partition), offset: Number(offset), value });
  }
  return observed;
}
