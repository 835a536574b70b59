/** Input that compresses like real data and whose order shows: numbered lines made from a seed, and their digest. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { SeededRandom } from '@tidelog/core';

const words = ['tide', 'harbour', 'salt', 'anchor', 'lighthouse', 'current', 'gull', 'keel', 'drift', 'mooring'];

/** Writes `count` lines, about 60 bytes each, and returns the SHA-256 of the file. */
export function writeLines(path: string, count: number, seed = 1): string {
  const random = new SeededRandom(seed);
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  for (let from = 0; from < count; from += 10_000) {
    let text = '';
    for (let i = from; i < Math.min(count, from + 10_000); i++) {
      const [a, b, c] = [0, 0, 0].map(() => words[random.below(words.length)]);
      text += `${i} ${a} ${b} ${random.below(1e9)} ${c}\n`;
    }
    writeSync(file, text);
    hash.update(text);
  }
  closeSync(file);
  return hash.digest('hex');
}

export function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
