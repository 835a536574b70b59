/**
 * Fuzzes every decoder of the protocol from a seed: all messages in all versions by turns, a record batch every fourth
 * time. A round that fails throws an error which names its seed and number; `fuzzDecoders({ seed, rounds: 1, first })`
 * is that round alone. Rounds do not depend on each other. This is a slice of fuzz-decoders.ts, and holds the loop.
 */
import { SeededRandom } from '@tidelog/core';
import { fuzzBatch } from './fuzz-batches.ts';
import { fuzzMessage } from './fuzz-messages.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly rounds: number;
  /** The number of the first round; 0 unless one is replayed. */
  readonly first?: number;
  /** The longest that a round may take, in milliseconds. */
  readonly roundMsMax?: number;
}

export interface FuzzReport {
  readonly seed: number;
  readonly rounds: number;
  readonly messages: { readonly accepted: number; readonly refused: number };
  readonly batches: { readonly accepted: number; readonly refused: number };
  readonly slowestRoundMs: number;
  readonly slowestRound: number;
}

export function fuzzRounds({ seed, rounds, first = 0, roundMsMax = Infinity }: FuzzOptions): FuzzReport {
  const messages = { accepted: 0, refused: 0 };
  const batches = { accepted: 0, refused: 0 };
  let slowestRoundMs = 0;
  let slowestRound = first;
  for (let round = first; round < first + rounds; round++) {
    const random = new SeededRandom((Math.imul(seed, 0x9e3779b1) + Math.imul(round, 0x85ebca6b)) >>> 0);
    const start = performance.now();
    try {
      if (round % 4 === 3) batches[fuzzBatch(random)]++;
      else messages[fuzzMessage(round - Math.floor(round / 4), random)]++;
    } catch (cause) {
      throw new Error(`fuzzDecoders({ seed: ${seed}, rounds: 1, first: ${round} }): ${String(cause)}`, { cause });
    }
    const took = performance.now() - start;
    if (took <= slowestRoundMs) continue;
    slowestRoundMs = took;
    slowestRound = round;
    if (took > roundMsMax)
      throw new Error(`fuzzDecoders({ seed: ${seed}, rounds: 1, first: ${round} }) took ${took} ms`);
  }
  return { seed, rounds, messages, batches, slowestRoundMs, slowestRound };
}
