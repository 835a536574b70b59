import { expect, test } from 'vitest';
import { fuzzDecoders } from './fuzz-decoders.ts';
import { fuzzRounds } from './fuzz-rounds.ts';
import { messageTargets } from './fuzz-messages.ts';

test('every message and version, and record batches, survive spoilt bytes', async () => {
  const rounds = messageTargets * 12;
  const report = await fuzzDecoders({ seed: 2026, rounds });
  const { messages, batches } = report;
  expect(messages.accepted + messages.refused + batches.accepted + batches.refused).toBe(rounds);
  for (const { accepted, refused } of [messages, batches]) {
    expect(accepted).toBeGreaterThan(rounds / 50);
    expect(refused).toBeGreaterThan(rounds / 50);
  }
});

test('a seed says what happens, in one slice or in many', async () => {
  const counts = async (seed: number): Promise<unknown> => {
    const { messages, batches } = await fuzzDecoders({ seed, rounds: 2500 });
    return [messages, batches];
  };
  const first = await counts(5);
  const { messages, batches } = fuzzRounds({ seed: 5, rounds: 2500 });
  expect([messages, batches]).toEqual(first);
  expect(await counts(6)).not.toEqual(first);
});

test('messages and batches take turns', () => {
  const { messages, batches } = fuzzRounds({ seed: 1, rounds: 400, first: 1000 });
  expect([messages.accepted + messages.refused, batches.accepted + batches.refused]).toEqual([300, 100]);
});
