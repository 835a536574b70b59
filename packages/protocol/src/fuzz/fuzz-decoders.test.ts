import { expect, test } from 'vitest';
import { fuzzDecoders } from './fuzz-decoders.ts';
import { messageTargets } from './fuzz-messages.ts';

test('every message and version, and record batches, survive spoilt bytes', () => {
  const rounds = messageTargets * 12;
  const report = fuzzDecoders({ seed: 2026, rounds });
  const { messages, batches } = report;
  expect(messages.accepted + messages.refused + batches.accepted + batches.refused).toBe(rounds);
  for (const { accepted, refused } of [messages, batches]) {
    expect(accepted).toBeGreaterThan(rounds / 50);
    expect(refused).toBeGreaterThan(rounds / 50);
  }
});

test('a seed says what happens', () => {
  const { slowestRoundMs: _, slowestRound: __, ...first } = fuzzDecoders({ seed: 5, rounds: 2000 });
  const { slowestRoundMs: ___, slowestRound: ____, ...second } = fuzzDecoders({ seed: 5, rounds: 2000 });
  expect(first).toEqual(second);
  const other = fuzzDecoders({ seed: 6, rounds: 2000 });
  expect(other.messages).not.toEqual(first.messages);
});
