/**
 * Fuzzes the decoders for as long as one likes, in slices with a turn of the loop between them: what node:zlib gives up
 * is freed when a turn ends. The code and its samples are loaded when they are first asked for, so that a broker that
 * imports the protocol does not pay for them.
 */
import type { FuzzOptions, FuzzReport } from './fuzz-rounds.ts';

const sliceRounds = 1000;

/** Throws at the first round that fails, with the call that replays it. */
export async function fuzzDecoders(options: FuzzOptions): Promise<FuzzReport> {
  const { fuzzRounds } = await import('./fuzz-rounds.ts');
  const { rounds, first = 0 } = options;
  let total = fuzzRounds({ ...options, rounds: 0 });
  for (let done = 0; done < rounds; done += sliceRounds) {
    const slice = fuzzRounds({ ...options, first: first + done, rounds: Math.min(sliceRounds, rounds - done) });
    total = merged(total, slice);
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return total;
}

function merged(a: FuzzReport, b: FuzzReport): FuzzReport {
  const { slowestRound, slowestRoundMs } = a.slowestRoundMs >= b.slowestRoundMs ? a : b;
  return {
    seed: a.seed,
    rounds: a.rounds + b.rounds,
    messages: added(a.messages, b.messages),
    batches: added(a.batches, b.batches),
    slowestRound,
    slowestRoundMs,
  };
}

function added(a: FuzzReport['messages'], b: FuzzReport['messages']): FuzzReport['messages'] {
  return { accepted: a.accepted + b.accepted, refused: a.refused + b.refused };
}
