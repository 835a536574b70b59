/**
 * The last replica in sync is lost, while another one that left the in-sync set has everything that is committed
 * (KIP-966): that one must lead, however long it takes until it is back, and nobody else. Only where losses are counted
 * by partition (partition-losses.ts), which says who that is.
 */
import type { Millis } from '@tidelog/core';
import type { SimNode } from '../cluster/sim-node.ts';
import { someDataVolume } from './disk-faults.ts';
import { duration, pick, type Fault, type FaultContext } from './fault.ts';
import { loneLeader, watch } from './targeted-faults.ts';

const graceMs: Millis = 20_000;

function restartLater({ later, random }: FaultContext, node: SimNode, longestMs: Millis): void {
  node.supervised = false;
  later(duration(random, longestMs), () => {
    node.supervised = true;
    node.start();
  });
}

/** Its unsynced pages, or a whole disk; where the account does not allow that it only dies. */
function lose(context: FaultContext, node: SimNode): boolean {
  const { budget, random, cluster, note } = context;
  const volume = someDataVolume(context, node);
  const losesDisk = cluster.settings.flushBeforeAck || random.next() < 0.4;
  if (volume === undefined) return false;
  if (losesDisk && volume === node.metadataVolume && !budget.mayLoseVoter(node)) return false;
  if (!budget.mayLose(node)) return false;
  note(`node ${node.id} loses ${losesDisk ? volume.mountPoint : 'what is not synced'}`);
  node.losePower(losesDisk ? 1 : 0);
  if (losesDisk) volume.replace();
  restartLater(context, node, 8000);
  return true;
}

/** The followers of a partition stop cleanly, one after the other; then its leader, alone in sync, is lost. */
const lastReplicaStanding: Fault = {
  name: 'last replica standing',
  inject(context) {
    const { cluster, random, budget, note, later } = context;
    if (budget.isRepairing || cluster.upNodes.some(({ isPaused }) => isPaused)) return false;
    const leaders = cluster.upNodes.filter(({ node }) => {
      return [...(node?.broker?.broker.replicas.all() ?? [])].some(
        ({ role, topic }) => role === 'leader' && topic === 'load',
      );
    });
    const leader = pick(random, leaders);
    const followers = cluster.upNodes.filter((node) => node !== leader);
    if (leader === undefined || followers.length < 2) return false;
    note(`all stop but node ${leader.id}, which is going to be lost`);
    if (random.next() < 0.5) followers.reverse();
    const next = (index: number): void => {
      const follower = followers[index];
      if (follower === undefined) {
        if (leader.state === 'up' && !leader.isPaused) lose(context, leader);
        return followers.forEach((node) => restartLater(context, node, 8000));
      }
      if (follower.state !== 'up' || !budget.mayDie(follower)) return later(20, () => next(index + 1));
      follower.supervised = false;
      follower.stop(graceMs, () => later(duration(random, 2000), () => next(index + 1)));
    };
    next(0);
    return true;
  },
};

const lossOfLoneLeader: Fault = {
  name: 'loss of a lone leader',
  inject(context) {
    context.note('whoever leads alone in sync is going to be lost');
    watch(context, 200, () => {
      const node = loneLeader(context);
      if (node !== undefined && !node.isPaused) lose(context, node);
    });
    return true;
  },
};

export const lastReplicaFaults: readonly Fault[] = [lastReplicaStanding, lossOfLoneLeader];
