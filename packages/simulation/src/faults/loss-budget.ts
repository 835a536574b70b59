/**
 * What the configuration promises, and so which faults may happen together.
 *
 * acks=all with min.insync.replicas=2 survives that one replica loses acknowledged data, and not two at once. With
 * flush.before.ack=true a loss of unsynced pages loses nothing that was acknowledged, so power may fail anywhere at any
 * time. With flush.before.ack=false it counts as a loss, as do a replaced disk and a flipped bit under any setting.
 * While a loss is being repaired no other process dies without a clean stop either, because the controller must take
 * such a death for a loss (KIP-966).
 *
 * The account is kept for each partition by itself (partition-losses.ts), or, in some seeds, for the cluster: there is
 * no loss before every replica is in sync, and the next one waits until it is so again.
 *
 * The quorum survives the loss of a minority of its voters. A dynamic one has an account of its own: a voter's disk may
 * be lost while all controllers are voters with the disks that they have, so that one of three is lost; it is whole
 * again when the old voter is removed and the new one has joined. And while nobody can have been asked to remove one
 * that is alive: of two voters, one of them lost, neither is a minority, and that request may arrive late.
 */
import type { Millis } from '@tidelog/core';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import { votersAreWhole } from '../cluster/voters.ts';
import { PartitionLosses } from './partition-losses.ts';

/** How long a request may be under way: in a connection or a process that is held up, or forwarded by a broker. */
const requestLifetimeMs: Millis = 90_000;

export class LossBudget {
  readonly #cluster: SimCluster;
  readonly #partitions: PartitionLosses | undefined;
  #loser: SimNode | undefined;
  #lastRemoval: Millis = -Infinity;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#partitions = cluster.settings.lossesByPartition ? new PartitionLosses(cluster) : undefined;
  }

  get isRepairing(): boolean {
    if (this.#partitions !== undefined) return this.#partitions.isRepairing;
    // A fault that lasts takes its toll when it ends: until then everything may still look well.
    const loser = this.#loser;
    const isIll = loser === undefined || loser.excuses > 0 || loser.hasFullVolume || loser.hasFailedVolume;
    const isOver = !isIll && this.#cluster.rot === undefined;
    if (isOver && this.#allInSync()) this.#loser = undefined;
    return this.#loser !== undefined;
  }

  /** Whether the process may end without a clean stop. */
  mayDie(node: SimNode): boolean {
    return this.#partitions?.mayDie(node) ?? (!this.isRepairing || this.#loser === node);
  }

  /** Whether pages that were not synced may be lost; takes the budget if that is needed. */
  mayLoseUnsynced(node: SimNode): boolean {
    return this.#cluster.settings.flushBeforeAck ? this.mayDie(node) : this.mayLose(node);
  }

  /** Whether acknowledged data may be lost; takes the budget. Without a restart the loss is over when it is in sync. */
  mayLose(node: SimNode, { restarts = true }: { readonly restarts?: boolean } = {}): boolean {
    if (this.#partitions !== undefined) return this.#partitions.mayLose(node, { restarts });
    if (this.isRepairing || !this.#allInSync()) return false;
    this.#loser = node;
    return true;
  }

  /** Whether the disk with a node's metadata log and vote may be lost. */
  mayLoseVoter(node: SimNode): boolean {
    const { settings, scheduler } = this.#cluster;
    if (!node.isVoter) return true;
    if (this.#partitions?.mayLoseVoter(node) === false) return false;
    // Of a static voter that is a loss as any other: see fresh-voter.ts.
    if (settings.quorum === 'static') return true;
    return votersAreWhole(this.#cluster) && scheduler.now - this.#lastRemoval > requestLifetimeMs;
  }

  /** A voter that is alive is being removed. */
  onVoterRemoval(): void {
    this.#lastRemoval = this.#cluster.scheduler.now;
  }

  /** A process ends, for whatever reason. */
  onEnd(node: SimNode): void {
    this.#partitions?.onEnd(node);
  }

  /** Every node serves and says, from metadata of its own, that every replica is in sync. */
  #allInSync(): boolean {
    const { nodes } = this.#cluster;
    return nodes.every((node) => node.state === 'up' && !node.isPaused) && inSyncEverywhere(this.#cluster);
  }
}

/** Whether all nodes see every replica of every partition in its in-sync set, and see the same partitions. */
export function inSyncEverywhere(cluster: SimCluster): boolean {
  const epochs = new Set<string>();
  for (const node of cluster.nodes) {
    const image = node.node?.broker?.broker.replicas.image;
    if (image === undefined) return false;
    const seen: string[] = [];
    for (const topic of image.topics.byName.values()) {
      for (const [id, { isr, replicas, leader, partitionEpoch }] of topic.partitions) {
        if (isr.length !== replicas.length || leader < 0) return false;
        seen.push(`${topic.id}-${id}:${partitionEpoch}`);
      }
    }
    epochs.add(seen.toSorted().join());
  }
  return epochs.size === 1;
}
