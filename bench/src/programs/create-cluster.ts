/** Forked: says how long the first `createCluster` of a process takes, once imported, and ends. */
import { createCluster } from '@tidelog/testing';

export interface CreateClusterResult {
  readonly tookMs: number;
}

const from = performance.now();
const cluster = await createCluster({ brokers: 3 });
const result: CreateClusterResult = { tookMs: performance.now() - from };
await cluster[Symbol.asyncDispose]();
process.send?.(result);
process.disconnect?.();
