/** Starts the well-behaved client of neighbour-main.ts, and has it say how it fared. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { sleep } from './raw-client.ts';

export interface NeighbourReport {
  readonly rounds: number;
  readonly records: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly failures: readonly string[];
}

export class Neighbour {
  readonly #child: ChildProcess;
  #output = '';

  constructor(port: number, topic = 'neighbour') {
    const main = join(import.meta.dirname, 'neighbour-main.ts');
    this.#child = spawn(process.execPath, ['--conditions=source', main, String(port), topic], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** When it has been served for the first time, or has ended because it was not. */
  async served(): Promise<void> {
    while (this.#output === '' && this.#child.exitCode === null) await sleep(10);
  }

  /** Ends its work; what it reports. */
  async end(): Promise<NeighbourReport> {
    const closed = new Promise((done) => void this.#child.once('close', done));
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await closed;
    const report = this.#output.split('\n').find((line) => line.startsWith('{'));
    if (report === undefined) throw new Error('the neighbour ended without a report');
    return JSON.parse(report) as NeighbourReport;
  }
}
