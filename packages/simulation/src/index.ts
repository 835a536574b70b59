/** The deterministic simulator: production nodes under virtual time, with faults and an oracle. */
export { runSeed, type RunOptions, type RunResult } from './run-seed.ts';
export { mutations, type Mutation } from './mutations.ts';
export { Violation } from './violation.ts';
