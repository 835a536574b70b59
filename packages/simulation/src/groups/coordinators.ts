/**
 * Which broker coordinates a group, as nobody inside the cluster can know it: the newest leader that any node has heard
 * of. A coordinator that was replaced while it is cut off answers what needs no record (heartbeats, reads of offsets)
 * from what it knew, here as in Kafka. Its answers are true of the past, so they are no evidence.
 */
import { coordinatorPartition } from '@tidelog/core';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { offsetsTopic } from './group-settings.ts';

export class Coordinators {
  readonly #cluster: SimCluster;
  readonly #newest = new Map<number, { leader: number; leaderEpoch: number }>();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  isCurrent(nodeId: number, groupId: string): boolean {
    let partition = 0;
    for (const node of this.#cluster.nodes) {
      const topic = node.node?.broker?.broker.replicas.image.topics.get(offsetsTopic);
      if (topic === undefined) continue;
      partition = coordinatorPartition(groupId, topic.partitions.size);
      const seen = topic.partitions.get(partition);
      const known = this.#newest.get(partition);
      if (seen === undefined || (known !== undefined && known.leaderEpoch >= seen.leaderEpoch)) continue;
      this.#newest.set(partition, { leader: seen.leader, leaderEpoch: seen.leaderEpoch });
    }
    return this.#newest.get(partition)?.leader === nodeId;
  }
}
