import { expect, test } from 'vitest';
import { defaultRaftConfig } from '../raft-config.ts';
import { runSeed } from '../testing/sim-run.ts';

const seeds = Number(process.env['TIDELOG_RAFT_SEEDS'] ?? 150);
const firstSeed = Number(process.env['TIDELOG_RAFT_SEED'] ?? 1);

test(`${seeds} seeds of crashes, lost messages, cuts and voter changes keep every invariant and make progress`, () => {
  let committed = 0;
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    try {
      committed += runSeed({ seed, config: defaultRaftConfig }).committed;
    } catch (error) {
      throw new Error(`seed ${seed}: TIDELOG_RAFT_SEED=${seed} TIDELOG_RAFT_SEEDS=1 replays it`, { cause: error });
    }
  }
  expect(committed).toBeGreaterThan(seeds * 5);
});

test('a seed gives the same run twice', () => {
  const run = (): string[] => {
    const lines: string[] = [];
    runSeed({ seed: 7, config: defaultRaftConfig, trace: (line) => lines.push(line) });
    return lines;
  };
  expect(run()).toEqual(run());
});

test.each([1208, 1544, 1692])('static voters of whom most are fresh find a leader (seed %i)', (seed) => {
  expect(runSeed({ seed, config: defaultRaftConfig, isStatic: true, faultyMs: 20_000 }).committed).toBeGreaterThan(0);
});
