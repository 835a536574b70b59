/** Starts the well-behaved client of neighbour-main.ts, and has it say how it fared. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

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

  /** Ends its work; what it reports. */
  async end(): Promise<NeighbourReport> {
    const closed = new Promise((done) => void this.#child.once('close', done));
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await closed;
    if (this.#output === '') throw new Error('the neighbour ended without a report');
    return JSON.parse(this.#output) as NeighbourReport;
  }
}
