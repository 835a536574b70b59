/** Who the voters of the quorum should be and are: every controller, each with the disk that is in its machine. */
import type { Uuid } from '@tidelog/core';
import type { SimCluster } from './sim-cluster.ts';
import type { SimNode } from './sim-node.ts';

export interface VoterKey {
  readonly id: number;
  readonly directoryId: Uuid;
}

export function voterName({ id, directoryId }: VoterKey): string {
  return `${id}:${directoryId}`;
}

/** Whether every node that serves knows all controllers, with their present disks, as the voters, and nobody else. */
export function votersAreWhole({ nodes, settings }: SimCluster): boolean {
  if (settings.quorum === 'static') return true;
  const wanted = nodes
    .filter(({ isVoter }) => isVoter)
    .map(({ id, directoryId = '' }) => voterName({ id, directoryId }));
  const views = nodes.flatMap(({ node }) => (node === undefined ? [] : [node.raft.state().voters]));
  return views.length > 0 && views.every((voters) => voters.map(voterName).join() === wanted.join());
}

/** The node that leads the quorum, by its own word. */
export function quorumLeader({ upNodes }: SimCluster): SimNode | undefined {
  return upNodes.find(({ node }) => node?.raft.state().role === 'leader');
}
