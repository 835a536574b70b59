/** Disks that are slow, full, fail to read or to sync, rot, or are replaced by empty ones. */
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import type { Volume } from '../world/sim-disk.ts';
import { duration, healthyNode, pick, type Fault, type FaultContext } from './fault.ts';

const slowDisk: Fault = {
  name: 'slow disk',
  inject(context) {
    const { random, later, note } = context;
    const node = healthyNode(context);
    const volume = pick(random, node?.volumes ?? []);
    if (node === undefined || volume === undefined) return false;
    const slowness = 5 * 10 ** (random.next() * 3);
    note(`${volume.mountPoint} of node ${node.id} is ${Math.round(slowness)} times slower`);
    volume.faults.slowness = slowness;
    later(duration(random, 10_000), () => (volume.faults.slowness = 1));
    return true;
  },
};

/** One that is there alone is not drawn. */
export function someDataVolume({ random }: FaultContext, node: SimNode | undefined): Volume | undefined {
  const volumes = node?.dataVolumes ?? [];
  return volumes.length > 1 ? pick(random, volumes) : volumes[0];
}

/** A process whose log directories failed stays as it is until somebody restarts it; here somebody does. */
function restartAfterFault({ later, random }: FaultContext, node: SimNode, mend: () => void): void {
  node.excuses++;
  later(duration(random, 10_000), () => {
    mend();
    node.kill();
    node.start();
    later(3000, () => node.excuses--);
  });
}

const syncError: Fault = {
  name: 'sync error',
  inject(context) {
    const node = healthyNode(context);
    const volume = pick(context.random, node?.volumes ?? []);
    if (node === undefined || volume === undefined || node.excuses > 0 || !context.budget.mayLose(node)) return false;
    context.note(`syncs of ${volume.mountPoint} of node ${node.id} fail`);
    volume.faults.syncError = true;
    restartAfterFault(context, node, () => (volume.faults.syncError = false));
    return true;
  },
};

const readError: Fault = {
  name: 'read error',
  inject(context) {
    const node = healthyNode(context);
    const volume = pick(context.random, node?.volumes ?? []);
    if (node === undefined || volume === undefined || node.excuses > 0 || !context.budget.mayLose(node)) return false;
    context.note(`reads of ${volume.mountPoint} of node ${node.id} fail now and then`);
    volume.faults.readError = true;
    restartAfterFault(context, node, () => (volume.faults.readError = false));
    return true;
  },
};

/**
 * Room comes back without a restart, and the process must live through it and go on by itself. One that was started
 * meanwhile could not open what it has: an operator restarts it.
 */
const diskFull: Fault = {
  name: 'disk full',
  inject(context) {
    const { random, later, note, budget } = context;
    const node = healthyNode(context);
    const volume = someDataVolume(context, node);
    if (node === undefined || volume === undefined || node.excuses > 0) return false;
    if (!budget.mayLose(node, { restarts: false })) return false;
    note(`${volume.mountPoint} of node ${node.id} is full`);
    volume.isFull = true;
    later(duration(random, 10_000), () => {
      volume.isFull = false;
      if (!node.startedFull) return;
      node.kill();
      node.start();
    });
    return true;
  },
};

/** The log of the quorum and the vote go with it where they have no volume of their own. */
const replacedDisk: Fault = {
  name: 'replaced disk',
  inject(context) {
    const { later, note, random, budget } = context;
    const node = healthyNode(context);
    const volume = someDataVolume(context, node);
    if (node === undefined || volume === undefined) return false;
    const holdsMetadata = volume === node.metadataVolume;
    if ((holdsMetadata && !budget.mayLoseVoter(node)) || !budget.mayLose(node)) return false;
    note(`${volume.mountPoint} of node ${node.id} is replaced by an empty disk`);
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

/**
 * Rot at rest. What notices it takes the replica offline and waits for an operator, who removes the replica's files so
 * that it is fetched anew; what does not notice it goes on with the file. Either way the operator comes after a while.
 */
const bitFlip: Fault = {
  name: 'bit flip',
  inject(context) {
    const { cluster, random, later, note, budget } = context;
    const node = healthyNode(context);
    if (node === undefined) return false;
    const replica = pick(random, [...(node.node?.broker?.broker.replicas.all() ?? [])]);
    if (replica === undefined) return false;
    const directoryOn = ({ mountPoint }: Volume): string => `${mountPoint}/${replica.topic}-${replica.partition}`;
    const volume = node.dataVolumes.find((one) => one.disk.stat(directoryOn(one)) !== undefined);
    if (volume === undefined) return false;
    const { disk } = volume;
    const directory = directoryOn(volume);
    const logs = disk.list(directory).filter((name) => name.endsWith('.log'));
    const path = `${directory}/${pick(random, logs)}`;
    const size = disk.stat(path)?.size ?? 0;
    if (size === 0 || cluster.rot !== undefined || !budget.mayLose(node)) return false;
    const position = random.below(size);
    note(`a bit at ${position} of ${path} of node ${node.id} flips, and its machine restarts`);
    node.excuses++;
    node.losePower(1);
    cluster.rot = { node, directory };
    if (disk.stat(path) !== undefined) disk.flipBit(path, { position, bit: random.below(8) });
    node.supervised = false;
    later(duration(random, 5000), () => {
      node.supervised = true;
      node.start();
      later(3000 + duration(random, 10_000), () => repairRot(cluster));
    });
    return true;
  },
};

/** The operator: stops the broker, removes the rotten replica and starts the broker again. */
export function repairRot(cluster: SimCluster): void {
  const { rot } = cluster;
  if (rot === undefined) return;
  const { node, directory } = rot;
  cluster.note(`the operator removes ${directory} of node ${node.id}`);
  node.kill();
  for (const { mountPoint, disk } of node.dataVolumes) {
    if (directory.startsWith(`${mountPoint}/`)) disk.removeDirectory(directory);
  }
  cluster.rot = undefined;
  node.excuses--;
  node.supervised = true;
  node.start();
}

export const diskFaults: readonly Fault[] = [slowDisk, syncError, readError, diskFull, replacedDisk, bitFlip];
