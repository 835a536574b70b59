/** What is done to a cluster of three, each fault from its beginning to the end of its repair. */
import type { SeededRandom } from '@tidelog/core';
import type { ChaosCluster } from './chaos-cluster.ts';
import { nodeIds } from './links.ts';

export interface FaultContext {
  readonly cluster: ChaosCluster;
  readonly random: SeededRandom;
  /** Says what is done now. */
  readonly log: (what: string) => void;
}

export type Fault = (context: FaultContext) => Promise<void>;

const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));
const between = (random: SeededRandom, from: number, to: number): number => from + random.below(to - from);
const anyNode = (random: SeededRandom): number => nodeIds[random.below(nodeIds.length)] ?? 1;
const othersOf = (node: number): number[] => nodeIds.filter((id) => id !== node);

/** SIGKILL, and started again after a while. */
const kill: Fault = async ({ cluster, random, log }) => {
  const node = anyNode(random);
  const downMs = between(random, 200, 4000);
  log(`SIGKILL of ${node} for ${downMs} ms`);
  await cluster.signal(node, 'SIGKILL');
  await pause(downMs);
  cluster.start(node);
  await cluster.ready(node);
};

/** Two of three are killed at once: no quorum and no minimum of replicas. */
const killMajority: Fault = async ({ cluster, random, log }) => {
  const two = othersOf(anyNode(random));
  const downMs = between(random, 100, 2000);
  log(`SIGKILL of ${two.join(' and ')} for ${downMs} ms`);
  await Promise.all(two.map((node) => cluster.signal(node, 'SIGKILL')));
  await pause(downMs);
  for (const node of two) cluster.start(node);
  await Promise.all(two.map((node) => cluster.ready(node)));
};

/** SIGSTOP: shorter than its session, or so long that it is fenced and wakes up as a zombie. */
const stand: Fault = async ({ cluster, random, log }) => {
  const node = anyNode(random);
  const forMs = random.below(3) === 0 ? between(random, 9500, 12_000) : between(random, 200, 5000);
  log(`SIGSTOP of ${node} for ${forMs} ms`);
  await cluster.signal(node, 'SIGSTOP');
  await pause(forMs);
  await cluster.signal(node, 'SIGCONT');
};

/** A rolling restart in good order. */
const roll: Fault = async ({ cluster, log }) => {
  log('rolling restart');
  for (const node of nodeIds) {
    const code = await cluster.signal(node, 'SIGTERM');
    if (code !== 0)
      throw new Error(`node ${node} ended with ${code} on SIGTERM:\n${cluster.output(node).slice(-3000)}`);
    cluster.start(node);
    await cluster.ready(node);
    // The client, too, finds it again before the next one goes.
    await pause(500);
  }
};

/** One node cannot be reached by, or cannot reach, the two others. */
const isolate: Fault = async ({ cluster, random, log }) => {
  const node = anyNode(random);
  const forMs = between(random, 500, 6000);
  const direction = ['in', 'out', 'both'][random.below(3)] ?? 'both';
  log(`node ${node} cut off (${direction}) for ${forMs} ms`);
  for (const other of othersOf(node)) {
    if (direction !== 'out') cluster.links.cut(other, node);
    if (direction !== 'in') cluster.links.cut(node, other);
  }
  await pause(forMs);
  cluster.links.heal();
};

/** Two nodes cannot reach each other; the third one reaches both. */
const cutPair: Fault = async ({ cluster, random, log }) => {
  const [one = 1, other = 2] = othersOf(anyNode(random));
  const forMs = between(random, 500, 6000);
  log(`${one} and ${other} cut off from each other for ${forMs} ms`);
  cluster.links.cut(one, other);
  cluster.links.cut(other, one);
  await pause(forMs);
  cluster.links.heal();
};

/** A node is killed while the link between the two that are left is cut for a moment. */
const killDuringCut: Fault = async ({ cluster, random, log }) => {
  const node = anyNode(random);
  const [one = 1, other = 2] = othersOf(node);
  log(`SIGKILL of ${node} while ${one} and ${other} are cut off from each other`);
  cluster.links.cut(one, other);
  cluster.links.cut(other, one);
  await pause(between(random, 200, 1500));
  await cluster.signal(node, 'SIGKILL');
  await pause(between(random, 200, 1500));
  cluster.links.heal();
  cluster.start(node);
  await cluster.ready(node);
};

export const faults: Readonly<Record<string, Fault>> = {
  kill,
  stand,
  roll,
  isolate,
  cutPair,
  killDuringCut,
  killMajority,
};
