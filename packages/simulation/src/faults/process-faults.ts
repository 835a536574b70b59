/** Processes that die, lose power, stop, stall, and clocks that jump. */
import type { SimNode } from '../cluster/sim-node.ts';
import { duration, healthyNode, type Fault, type FaultContext } from './fault.ts';

const graceMs = 20_000;
const hourMs = 3_600_000;

function restartLater({ later, random }: FaultContext, node: SimNode, longestMs: number): void {
  node.supervised = false;
  later(duration(random, longestMs), () => {
    node.supervised = true;
    node.start();
  });
}

const kill: Fault = {
  name: 'kill',
  inject(context) {
    const node = healthyNode(context);
    if (node === undefined || !context.budget.mayDie(node)) return false;
    context.note(`kill -9 of node ${node.id}`);
    node.kill();
    restartLater(context, node, 15_000);
    return true;
  },
};

/** Includes torn writes: each sector that was not synced survives by itself. */
const powerLoss: Fault = {
  name: 'power loss',
  inject(context) {
    const node = healthyNode(context);
    if (node === undefined || !context.budget.mayLoseUnsynced(node)) return false;
    const kept = keepProbability(context);
    context.note(`node ${node.id} loses power; of unsynced sectors ${Math.round(kept * 100)} % survive`);
    node.losePower(kept);
    restartLater(context, node, 15_000);
    return true;
  },
};

const powerLossEverywhere: Fault = {
  name: 'power loss everywhere',
  inject(context) {
    const { cluster, budget, note } = context;
    if (!cluster.settings.flushBeforeAck || budget.isRepairing) return false;
    const kept = keepProbability(context);
    note(`all nodes lose power; of unsynced sectors ${Math.round(kept * 100)} % survive`);
    for (const node of cluster.nodes) {
      node.losePower(kept);
      restartLater(context, node, 5000);
    }
    return true;
  },
};

function keepProbability({ random }: FaultContext): number {
  return [0, 0.5, 1, random.next()][random.below(4)] ?? 0;
}

const cleanRestart: Fault = {
  name: 'clean restart',
  inject(context) {
    const node = healthyNode(context);
    if (node === undefined) return false;
    // Whoever is killed after its grace period has died.
    if (!context.budget.mayDie(node)) return false;
    context.note(`clean restart of node ${node.id}`);
    node.supervised = false;
    node.stop(graceMs, () => restartLater(context, node, 4000));
    return true;
  },
};

const rollingRestart: Fault = {
  name: 'rolling restart',
  inject(context) {
    const { cluster, budget, note, later } = context;
    if (budget.isRepairing || cluster.upNodes.length < cluster.nodes.length) return false;
    note('rolling restart');
    const next = (index: number): void => {
      const node = cluster.nodes[index];
      if (node === undefined) return;
      if (node.state !== 'up' || !budget.mayDie(node)) return later(500, () => next(index + 1));
      node.supervised = false;
      node.stop(graceMs, () => {
        restartLater(context, node, 200);
        later(3000, () => next(index + 1));
      });
    };
    next(0);
    return true;
  },
};

const pause: Fault = {
  name: 'pause',
  inject(context) {
    const { random, later, note } = context;
    const node = healthyNode(context);
    if (node === undefined) return false;
    const ms = duration(random, 25_000);
    note(`node ${node.id} is paused for ${Math.round(ms)} ms`);
    node.pause();
    const { life } = node;
    later(ms, () => {
      if (node.life === life) node.resume();
    });
    return true;
  },
};

const clockJump: Fault = {
  name: 'clock jump',
  inject({ cluster, random, note }) {
    const node = cluster.nodes[random.below(cluster.nodes.length)];
    if (node === undefined) return false;
    const ms = Math.round((random.next() - 0.5) * 2 * hourMs);
    note(`the wall clock of node ${node.id} jumps by ${ms} ms`);
    node.wall.offsetMs += ms;
    return true;
  },
};

export const processFaults: readonly Fault[] = [
  kill,
  powerLoss,
  powerLossEverywhere,
  cleanRestart,
  rollingRestart,
  pause,
  clockJump,
];
