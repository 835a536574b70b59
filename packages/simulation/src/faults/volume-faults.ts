/** One of several log directories fails for good, and the broker lives on with the others (KIP-112, KIP-858). */
import { someDataVolume } from './disk-faults.ts';
import { duration, healthyNode, type Fault } from './fault.ts';

/**
 * Nothing on it works, until an operator mends it, or puts an empty one in its place, and restarts the broker. Only the
 * loss of the metadata log may end the process; whatever else restarts it meanwhile has to start it with what is left.
 */
const failedVolume: Fault = {
  name: 'failed volume',
  inject(context) {
    const { cluster, random, later, note, budget } = context;
    const node = healthyNode(context);
    const volume = someDataVolume(context, node);
    if (node === undefined || volume === undefined || node.excuses > 0) return false;
    const holdsMetadata = volume === node.metadataVolume;
    if ((holdsMetadata && !budget.mayLoseVoter(node)) || !budget.mayLose(node)) return false;
    note(`${volume.mountPoint} of node ${node.id} fails`);
    if (holdsMetadata) node.excuses++;
    volume.faults.failed = true;
    later(duration(random, 20_000), () => {
      // The voters of a dynamic quorum may have changed since it was asked whether one of them may be lost.
      const isReplaced = random.next() < 0.4 && !(holdsMetadata && cluster.settings.quorum !== 'static');
      note(`${volume.mountPoint} of node ${node.id} is ${isReplaced ? 'replaced by an empty disk' : 'mended'}`);
      node.kill();
      volume.faults.failed = false;
      if (isReplaced) volume.replace();
      node.supervised = true;
      node.start();
      if (holdsMetadata) later(3000, () => node.excuses--);
    });
    return true;
  },
};

export const volumeFaults: readonly Fault[] = [failedVolume];
