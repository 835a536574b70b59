/**
 * Changes of the quorum's voters at bad times (KIP-853): voters that are removed although nothing is wrong with them,
 * the leader among them, one alone or two at once, and controllers whose disk is replaced by an empty one, after which
 * they are no voters. Who comes back is for the operator (workload/voter-keeper.ts), or for
 * controller.quorum.auto.join.enable.
 */
import type { SimNode } from '../cluster/sim-node.ts';
import { quorumLeader, votersAreWhole } from '../cluster/voters.ts';
import { duration, healthyNode, pick, type Fault, type FaultContext } from './fault.ts';

const voterRemoval: Fault = {
  name: 'voter removal',
  inject(context) {
    const { cluster, random, budget } = context;
    if (cluster.settings.quorum === 'static' || !votersAreWhole(cluster)) return false;
    const voters = cluster.nodes.filter(({ isVoter }) => isVoter);
    const leader = quorumLeader(cluster);
    const first = leader !== undefined && random.next() < 0.4 ? leader : pick(random, voters);
    const others = voters.filter((voter) => voter !== first);
    // The second one has to wait for the first: it is refused, or comes later.
    const second = random.next() < 0.3 ? pick(random, others) : undefined;
    budget.onVoterRemoval();
    for (const node of [first, second]) remove(context, node);
    return true;
  },
};

function remove({ admin, note }: FaultContext, node: SimNode | undefined): void {
  if (node?.directoryId === undefined) return;
  note(`the voter ${node.id} is removed`);
  admin.removeVoter({ id: node.id, directoryId: node.directoryId }, (answer) =>
    note(`to remove ${node.id}: ${answer}`),
  );
}

/** Of one that has a volume for the metadata alone: replicas stay. Otherwise everything goes. */
const replacedVoterDisk: Fault = {
  name: 'replaced disk of a voter',
  inject(context) {
    const { cluster, random, later, note, budget } = context;
    const node = healthyNode(context);
    if (cluster.settings.quorum === 'static' || node?.isVoter !== true || !budget.mayLoseVoter(node)) return false;
    const losesReplicas = !cluster.settings.separateMetadataVolume;
    if (!(losesReplicas ? budget.mayLose(node) : budget.mayDie(node))) return false;
    const volume = node.metadataVolume;
    note(`${volume.mountPoint} of node ${node.id}, a voter, is replaced by an empty disk`);
    node.losePower(1);
    volume.replace();
    node.supervised = false;
    later(duration(random, 5000), () => {
      node.supervised = true;
      node.start();
    });
    return true;
  },
};

export const voterFaults: readonly Fault[] = [voterRemoval, replacedVoterDisk];
