/** One kind of fault: when it may happen, how it happens and how it ends. */
import type { SeededRandom } from '@tidelog/core';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import type { Admin } from '../workload/admin.ts';
import type { LossBudget } from './loss-budget.ts';

export interface FaultContext {
  readonly cluster: SimCluster;
  readonly random: SeededRandom;
  readonly admin: Admin;
  readonly budget: LossBudget;
  /** Tells the run what happens. */
  readonly note: (what: string) => void;
  /** Runs later, unless the time of faults is over by then. */
  readonly later: (delayMs: number, run: () => void) => void;
}

export interface Fault {
  readonly name: string;
  /** Does it, or answers false when it cannot be done now. What lasts undoes itself through `later`. */
  inject(context: FaultContext): boolean;
}

export function pick<T>(random: SeededRandom, from: readonly T[]): T | undefined {
  return from[random.below(Math.max(1, from.length))];
}

/** Mostly short, sometimes long. */
export function duration(random: SeededRandom, longestMs: number): number {
  return 20 + longestMs * random.next() ** 3;
}

/** A node that serves and is not held up by another fault of its process. */
export function healthyNode({ cluster, random }: FaultContext): SimNode | undefined {
  return pick(
    random,
    cluster.upNodes.filter((node) => !node.isPaused),
  );
}
