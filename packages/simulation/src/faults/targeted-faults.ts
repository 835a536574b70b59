/**
 * Faults that wait for the moment in which they hurt most: the death of a leader that is alone in sync, or has only
 * just begun to lead, and of a voter in the midst of an election. Each looks out for its moment for a while.
 */
import type { Millis } from '@tidelog/core';
import type { SimNode } from '../cluster/sim-node.ts';
import type { Fault, FaultContext } from './fault.ts';

const watchMs: Millis = 20_000;

/** Looks every so often until the time is over. */
export function watch(context: FaultContext, everyMs: Millis, look: () => void): void {
  const { cluster, later } = context;
  const endsAt = cluster.scheduler.now + watchMs;
  const again = (): void => {
    look();
    if (cluster.scheduler.now < endsAt) later(everyMs, again);
  };
  later(everyMs, again);
}

/** With min.insync.replicas=2 a lone leader acknowledges nothing, so that others may lead on without it. */
const deathOfLoneLeader: Fault = {
  name: 'death of a lone leader',
  inject(context) {
    const { later, note, budget } = context;
    note('whoever leads alone in sync is going to die');
    watch(context, 1000, () => {
      const node = loneLeader(context);
      if (node === undefined || !budget.mayDie(node)) return;
      note(`kill -9 of node ${node.id}, which leads alone in sync`);
      node.kill();
      later(500, () => node.start());
    });
    return true;
  },
};

export function loneLeader({ cluster }: FaultContext): SimNode | undefined {
  return cluster.upNodes.find(({ node }) => {
    const replicas = [...(node?.broker?.broker.replicas.all() ?? [])];
    return replicas.some(({ role, inSyncReplicas }) => role === 'leader' && inSyncReplicas.length === 1);
  });
}

/** Its followers have just been told where to cut their logs, and have nobody to fetch what they cut. */
const deathOfNewLeader: Fault = {
  name: 'death of a new leader',
  inject(context) {
    const { later, note, budget } = context;
    note('whoever begins to lead is going to die');
    let before = leadersOf(context);
    watch(context, 20, () => {
      const now = leadersOf(context);
      const [begun] = [...now].filter(([partition, { id }]) => before.get(partition)?.id !== id);
      before = now;
      if (begun === undefined || context.random.next() < 0.5) return;
      const [partition, node] = begun;
      if (!budget.mayDie(node)) return;
      note(`kill -9 of node ${node.id}, which begins to lead ${partition}`);
      node.kill();
      later(500, () => node.start());
    });
    return true;
  },
};

function leadersOf({ cluster }: FaultContext): Map<string, SimNode> {
  const leaders = new Map<string, SimNode>();
  for (const node of cluster.upNodes) {
    for (const { role, topic, partition } of node.node?.broker?.broker.replicas.all() ?? []) {
      if (role === 'leader') leaders.set(`${topic}-${partition}`, node);
    }
  }
  return leaders;
}

/** A voter that has just voted loses its power and is back at once: it must not vote again in that epoch. */
const powerLossInElection: Fault = {
  name: 'power loss in an election',
  inject(context) {
    const { cluster, later, note, budget } = context;
    note('whoever votes in an election is going to lose its power');
    // Slow links make candidates of one epoch likely.
    const links = cluster.nodes.flatMap(({ hostName: from }) =>
      cluster.nodes.map(({ hostName: to }) => cluster.fabric.link(from, to).settings),
    );
    const before = links.map(({ latencyMs, jitterMs }) => ({ latencyMs, jitterMs }));
    for (const link of links) Object.assign(link, { latencyMs: 60, jitterMs: 120 });
    later(watchMs, () => {
      for (const [i, link] of links.entries()) Object.assign(link, before[i]);
    });
    watch(context, 40, () => {
      const voter = voterInElection(context);
      if (voter === undefined || !budget.mayLoseUnsynced(voter)) return;
      note(`node ${voter.id} loses power during an election`);
      voter.losePower(0);
      later(1, () => voter.start());
    });
    return true;
  },
};

function voterInElection({ cluster }: FaultContext): SimNode | undefined {
  const roles = cluster.upNodes.map((node) => ({ node, role: node.node?.raft.state().role }));
  if (!roles.some(({ role }) => role === 'candidate')) return undefined;
  return roles.find(({ node, role }) => node.isVoter && role !== 'candidate' && role !== 'leader')?.node;
}

export const targetedFaults: readonly Fault[] = [deathOfLoneLeader, deathOfNewLeader, powerLossInElection];
