/**
 * The account of losses by partition. A partition with min.insync.replicas=2 survives the loss of one replica that has
 * everything, whatever the others do meanwhile: they may lag, hang, be cut off or out of sync (KIP-966).
 *
 * A replica is harmed from its death, or its loss, until it is back in the in-sync set in a later registration: before
 * that the controller takes it out of the ISR and of the eligible replicas, or is going to. Who may lead some day is
 * the partition's pool: the ISR, who is about to join it, the eligible replicas, and the last known leader.
 *
 *   a replica may be lost  while nobody else in the pool is harmed, and another one of ISR and ELR has everything
 *   a process may die      while nobody else in the pool has lost anything: it keeps its data, but the controller
 *                          must take its death for a loss, and elects whoever led last when nobody is eligible
 *
 * A fault that lasts takes its toll when it ends, so that it counts as being in the pool all the time. Of the voters of
 * the quorum one at a time may lose its metadata log.
 */
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import type { PartitionView } from '../oracle/partition-views.ts';

interface Harm {
  /** The life and the broker epoch that it befell. */
  readonly life: number;
  readonly epoch: number;
}

export class PartitionLosses {
  readonly #cluster: SimCluster;
  /** The newest of each node. */
  readonly #deaths = new Map<number, Harm>();
  readonly #losses = new Map<number, Harm>();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** Some replica has lost something and may still be taken for one that has everything. */
  get isRepairing(): boolean {
    this.#cluster.views.look();
    const { nodes } = this.#cluster;
    return nodes.some((node) => this.#isIll(node) || [...this.#pools(node)].some((view) => this.#hasLost(node, view)));
  }

  mayDie(node: SimNode): boolean {
    this.#cluster.views.look();
    for (const view of this.#pools(node)) {
      if (this.#others(node, view).some((other) => this.#hasLost(other, view))) return false;
    }
    return true;
  }

  /** Takes the loss into the account; `restarts`: it is over when the node is in sync again after a restart. */
  mayLose(node: SimNode, { restarts }: { readonly restarts: boolean }): boolean {
    this.#cluster.views.look();
    if (this.#isIll(node)) return false;
    for (const view of this.#pools(node)) {
      const others = this.#others(node, view);
      if (others.some((other) => this.#isHarmed(other, view))) return false;
      const holders = others.filter(({ id }) => view.isr.includes(id) || view.elr.includes(id));
      if (!holders.some((other) => this.#cluster.views.holdsAll(other, view))) return false;
    }
    const { life, id } = node;
    // Who is not restarted is back in whatever epoch it is in sync.
    this.#losses.set(id, { life, epoch: restarts ? this.#cluster.views.brokerEpoch(id) : -1 });
    return true;
  }

  /** Whether the metadata log and the vote of a voter may be lost: not while another one may have lost them. */
  mayLoseVoter(voter: SimNode): boolean {
    return this.#cluster.nodes.every((other) => {
      const loss = this.#losses.get(other.id);
      if (other === voter || loss === undefined || !other.isVoter) return true;
      return !this.#isIll(other) && other.state === 'up' && other.life > loss.life;
    });
  }

  onEnd(node: SimNode): void {
    const { id, life, stoppedCleanly } = node;
    if (this.#isWhole(node)) this.#losses.delete(id);
    const harm = { life, epoch: this.#cluster.views.brokerEpoch(id) };
    if (!stoppedCleanly) this.#deaths.set(id, harm);
    if (this.#losses.has(id)) this.#losses.set(id, harm);
  }

  /** Nothing of what it lost last is missing any more. */
  #isWhole(node: SimNode): boolean {
    const loss = this.#losses.get(node.id);
    if (loss === undefined || node.node === undefined || this.#isIll(node)) return false;
    return (
      (loss.epoch < 0 || node.life > loss.life) && ![...this.#pools(node)].some((view) => this.#hasLost(node, view))
    );
  }

  /** The partitions in whose pool the node is. */
  *#pools(node: SimNode): Generator<PartitionView> {
    for (const view of this.#cluster.views.all()) if (this.#isInPool(node, view)) yield view;
  }

  #others(node: SimNode, view: PartitionView): SimNode[] {
    return this.#cluster.nodes.filter((other) => other !== node && this.#isInPool(other, view));
  }

  #isInPool(node: SimNode, { isr, elr, lastKnown, joining, replicas }: PartitionView): boolean {
    const { id } = node;
    if ([isr, elr, lastKnown, joining].some((ids) => ids.includes(id))) return true;
    return this.#isIll(node) && replicas.includes(id);
  }

  /** A fault of its disks lasts. */
  #isIll(node: SimNode): boolean {
    return node.excuses > 0 || node.hasFullVolume || node.hasFailedVolume || this.#cluster.rot?.node === node;
  }

  #isHarmed(node: SimNode, view: PartitionView): boolean {
    return node.state === 'stopping' || this.#lasts(this.#deaths, node, view) || this.#hasLost(node, view);
  }

  #hasLost(node: SimNode, view: PartitionView): boolean {
    return this.#lasts(this.#losses, node, view);
  }

  #lasts(harms: ReadonlyMap<number, Harm>, node: SimNode, { isr }: PartitionView): boolean {
    const harm = harms.get(node.id);
    if (harm === undefined) return false;
    const isBack = isr.includes(node.id) && this.#cluster.views.brokerEpoch(node.id) > harm.epoch;
    return !isBack || this.#isIll(node);
  }
}
