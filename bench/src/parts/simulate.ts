/**
 * How much faster than the clock on the wall the simulator runs: virtual seconds per second of a three-broker cluster
 * under load with faults, one seed a round, as `npm run simulate` prints it.
 */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { atLeast, figureOf } from '../support/figure.ts';
import type { Part } from '../support/part.ts';

const root = resolve(import.meta.dirname, '../../..');

export const simulate: Part = {
  name: 'simulate',
  about: 'virtual seconds that the simulator runs in a second',
  async run({ rounds, note }) {
    const values: number[] = [];
    for (let seed = 1; seed <= rounds; seed++) {
      const output = await simulateSeed(seed);
      const speed = /(\d+) virtual seconds per second/.exec(output)?.[1];
      if (speed === undefined) throw new Error(`not understood: ${output}`);
      note(`seed ${seed}: ${speed}`);
      values.push(Number(speed));
    }
    const name = 'virtual seconds a second, three brokers';
    return [figureOf({ part: 'simulate', name, unit: 's/s', values, goals: atLeast(50) })];
  },
};

async function simulateSeed(seed: number): Promise<string> {
  const args = ['--conditions=source', 'packages/simulation/src/main.ts', '--once', '--seed', String(seed)];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  await new Promise<void>((done, fail) => void child.once('close', () => done()).once('error', fail));
  return output;
}
