/**
 * How far each partition is replicated, by the logs themselves and not by what a leader says of its high watermark: the
 * highest offset that min.insync.replicas replicas had at one time (KIP-966). Whatever is served to consumers or
 * acknowledged with acks=all is below it. It does not ask for all in-sync replicas: a leader may act on a set that the
 * controller has changed already.
 */
import type { SimCluster } from '../cluster/sim-cluster.ts';

interface Replication {
  readonly topic: string;
  readonly partition: number;
  /** Where the log of each node ended when it was looked at last; a node that is down has what it had. */
  readonly ends: Map<number, number>;
  replicatedEnd: number;
}

export class ReplicationWatch {
  readonly #cluster: SimCluster;
  readonly #partitions = new Map<string, Replication>();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** Before the first record: what a node had is known only if it was looked at before its end. */
  watch(topic: string, partition: number): void {
    this.#of(topic, partition);
  }

  /** Whether every record up to the offset is, or was, replicated. */
  isReplicated(topic: string, partition: number, offset: number): boolean {
    const known = this.#of(topic, partition);
    return offset < known.replicatedEnd || offset < this.#look(known);
  }

  /** Time has passed, or a node is about to end. */
  look(): void {
    for (const known of this.#partitions.values()) this.#look(known);
  }

  #look(known: Replication): number {
    const { topic, partition, ends } = known;
    const { nodes, settings } = this.#cluster;
    for (const { id, node } of nodes) {
      const replica = node?.broker?.broker.replicas.get(topic, partition);
      if (replica === undefined) continue;
      if (replica.logEndOffset >= 0) ends.set(id, replica.logEndOffset);
      // A node that has not started entirely cannot be looked into, and takes part already.
      for (const { brokerId, logEndOffset } of replica.core.leader?.followers.values() ?? []) {
        if (nodes[brokerId - 1]?.state === 'starting') ends.set(brokerId, logEndOffset);
      }
      const leader = replica.core.assignment?.leader ?? -1;
      if (nodes[leader - 1]?.state !== 'starting') continue;
      // What a follower has, its leader has.
      ends.set(leader, Math.max(ends.get(leader) ?? 0, replica.logEndOffset));
    }
    const end = [...ends.values()].toSorted((a, b) => b - a)[settings.minInsyncReplicas - 1] ?? 0;
    known.replicatedEnd = Math.max(known.replicatedEnd, end);
    return known.replicatedEnd;
  }

  #of(topic: string, partition: number): Replication {
    const key = `${topic}-${partition}`;
    let replication = this.#partitions.get(key);
    if (replication === undefined) {
      replication = { topic, partition, ends: new Map(), replicatedEnd: 0 };
      this.#partitions.set(key, replication);
    }
    return replication;
  }
}
