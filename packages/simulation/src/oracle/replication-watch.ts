/**
 * How far each partition is committed, by the logs themselves and not by what a leader says: whenever the high
 * watermark of a leader rises beyond every earlier one, each replica that it has to wait for must have the records, on
 * stable storage with flush.before.ack. These are the ISR of the leader's partition epoch and whoever may have joined
 * it since (the maximal ISR, KIP-497), at least min.insync.replicas (KIP-966). Whatever is served to consumers or
 * acknowledged with acks=all is below that.
 *
 * The leader's own view is the one that counts. A controller that has changed the ISR already, unknown to the leader,
 * has shrunk it, or let in a replica whose joining this leader proposed, or elected another leader out of it; each of
 * them had these records when the leader counted them. What a leader counts is what a follower had when it sent its
 * fetch, in the incarnation that sent it: of one that died since, what it had at its end.
 */
import type { Replica } from '@tidelog/broker';
import type { Millis } from '@tidelog/core';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import { Violation } from '../violation.ts';

interface Replication {
  readonly topic: string;
  readonly partition: number;
  /** The high watermark up to which every replica that counts was looked at. */
  committedEnd: number;
  /** Where the log of each node ended when it was looked at last; a node that is down has what it had. */
  readonly ends: Map<number, number>;
  /** The highest offset that min.insync.replicas replicas had at one time. */
  replicatedEnd: number;
  /** When it was last led by somebody who cannot be looked into. */
  hiddenAt: Millis;
}

/** How long an answer of a leader may be under way. */
const answerMs: Millis = 10_000;

export class ReplicationWatch {
  readonly #cluster: SimCluster;
  readonly #partitions = new Map<string, Replication>();
  readonly #watched = new WeakSet<Replica>();
  /** By partition, node and broker epoch: where the log ended when that incarnation did. */
  readonly #lastEnds = new Map<string, number>();

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** Before the first record: what a node had is known only if it was looked at before its end. */
  watch(topic: string, partition: number): void {
    this.#of(topic, partition);
  }

  /** The node can be looked into from now on: its leaders are watched, and those that it is going to have. */
  onUp({ id, node }: SimNode): void {
    const replicas = node?.broker?.broker.replicas;
    if (replicas === undefined) return;
    replicas.addLeadershipListener({
      onElected: ({ topicId, partition }) => this.#watchReplica(id, replicas.getById(topicId, partition)),
      onResigned: () => undefined,
    });
    for (const replica of replicas.all()) if (replica.role === 'leader') this.#watchReplica(id, replica);
  }

  onEnd({ id, node }: SimNode): void {
    this.look();
    const replicas = node?.broker?.broker.replicas;
    const epoch = replicas?.image.cluster.brokerEpoch(id) ?? -1;
    for (const replica of replicas?.all() ?? [])
      this.#lastEnds.set(keyOf(replica, id, epoch), replica.vouchedEndOffset);
  }

  /** Whether every record up to the offset is, or was, committed. */
  isReplicated(topic: string, partition: number, offset: number): boolean {
    const known = this.#of(topic, partition);
    if (offset < known.committedEnd) return true;
    this.#look(known);
    if (offset < known.committedEnd) return true;
    // Of a leader that cannot be looked into no more is known than how many have the records.
    return this.#cluster.scheduler.now - known.hiddenAt < answerMs && offset < known.replicatedEnd;
  }

  /** Time has passed, or a node is about to end. */
  look(): void {
    for (const known of this.#partitions.values()) this.#look(known);
  }

  #watchReplica(id: number, replica: Replica | undefined): void {
    if (replica === undefined) return;
    this.#onHighWatermark(id, replica);
    if (this.#watched.has(replica)) return;
    this.#watched.add(replica);
    replica.watch({
      onReplicaChanged: (change) => {
        if (change === 'highWatermark') this.#onHighWatermark(id, replica);
      },
    });
  }

  #onHighWatermark(id: number, replica: Replica): void {
    const { topic, partition, core, vouchedEndOffset } = replica;
    const { leader } = core;
    const known = this.#of(topic, partition);
    if (leader === undefined || leader.highWatermark <= known.committedEnd) return;
    const { highWatermark, inSync, followers, partitionEpoch } = leader;
    const least = Math.min(this.#cluster.settings.minInsyncReplicas, followers.size + 1);
    const decided = this.#decidedIsr(id, replica, partitionEpoch) ?? inSync.committed;
    const proposed = inSync.pending?.isr.map(({ brokerId }) => brokerId) ?? [];
    const waitsFor = new Set([...inSync.maximal, ...decided, ...proposed]);
    const ends = Array.from(waitsFor, (other) => ({
      other,
      end: other === id ? vouchedEndOffset : this.#endOf(other, replica, followers.get(other)?.brokerEpoch ?? -1),
    }));
    known.committedEnd = highWatermark;
    if (ends.every(({ end }) => end >= highWatermark) && decided.length >= least) return;
    const described = ends.map(({ other, end }) => `${other} ends at ${end}`).join(', ');
    const detail =
      `${topic}-${partition}: node ${id} leads in epoch ${core.leaderEpoch}/${partitionEpoch} and has the high ` +
      `watermark ${highWatermark}; in sync are ${decided.join(', ')}, proposed ${proposed.join(', ')}: ${described}`;
    this.#cluster.fail(new Violation('committed before replicated', detail));
  }

  /** As the metadata log has it, if the node has read it as far as its leader was answered. */
  #decidedIsr(id: number, { topicId, partition }: Replica, partitionEpoch: number): readonly number[] | undefined {
    const image = this.#cluster.nodes[id - 1]?.node?.broker?.broker.replicas.image.topics.partition(topicId, partition);
    return image?.partitionEpoch === partitionEpoch ? image.isr : undefined;
  }

  /** What the incarnation of a follower that fetched last has, or had at its end; Infinity: nobody can tell. */
  #endOf(id: number, replica: Replica, brokerEpoch: number): number {
    const replicas = this.#cluster.nodes[id - 1]?.node?.broker?.broker.replicas;
    const known = this.#lastEnds.get(keyOf(replica, id, brokerEpoch));
    if (replicas?.image.cluster.brokerEpoch(id) !== brokerEpoch) return known ?? Infinity;
    return replicas.getById(replica.topicId, replica.partition)?.vouchedEndOffset ?? known ?? Infinity;
  }

  #look(known: Replication): void {
    const { topic, partition, ends } = known;
    const { nodes, settings, scheduler } = this.#cluster;
    let leader = -1;
    for (const { id, node } of nodes) {
      const replica = node?.broker?.broker.replicas.get(topic, partition);
      if (replica === undefined) continue;
      if (replica.role === 'leader') this.#watchReplica(id, replica);
      if (replica.logEndOffset >= 0) ends.set(id, replica.logEndOffset);
      // A node that has not started entirely cannot be looked into, and takes part already.
      for (const { brokerId, logEndOffset } of replica.core.leader?.followers.values() ?? []) {
        if (nodes[brokerId - 1]?.state === 'starting') ends.set(brokerId, logEndOffset);
      }
      leader = replica.core.assignment?.leader ?? -1;
      if (nodes[leader - 1]?.state !== 'starting') continue;
      known.hiddenAt = scheduler.now;
      // What a follower has, its leader has.
      ends.set(leader, Math.max(ends.get(leader) ?? 0, replica.logEndOffset));
    }
    if (leader < 0 && nodes.some(({ state }) => state === 'starting')) known.hiddenAt = scheduler.now;
    const end = [...ends.values()].toSorted((a, b) => b - a)[settings.minInsyncReplicas - 1] ?? 0;
    known.replicatedEnd = Math.max(known.replicatedEnd, end);
  }

  #of(topic: string, partition: number): Replication {
    const key = `${topic}-${partition}`;
    let replication = this.#partitions.get(key);
    if (replication === undefined) {
      replication = { topic, partition, ends: new Map(), committedEnd: 0, replicatedEnd: 0, hiddenAt: -Infinity };
      this.#partitions.set(key, replication);
    }
    return replication;
  }
}

function keyOf({ topicId, partition }: Replica, node: number, brokerEpoch: number): string {
  return `${topicId}-${partition}:${node}:${brokerEpoch}`;
}
