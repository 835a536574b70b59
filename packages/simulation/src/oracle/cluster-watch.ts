/**
 * Looks into all nodes again and again and holds what it sees against what it saw before:
 *
 *  - election safety: one quorum leader per epoch (Raft 5.2), and an epoch that was seen is not forgotten (Raft 5.1)
 *  - state-machine safety: the committed metadata log is one and the same everywhere (Raft 5.4.3)
 *  - one leader per (topic id, partition, leader epoch), by the replicas themselves
 *  - the high watermark of a leader never goes back within its epoch, and never passes the end of its log
 *  - leader completeness: a later leader has everything below the high watermark of an earlier one (KIP-101, KIP-966)
 */
import { crc32c, type Millis } from '@tidelog/core';
import type { Replica } from '@tidelog/broker';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import { Violation } from '../violation.ts';

/** Whoever was seen in an epoch for so long has it on its disk. */
const settledMs: Millis = 1000;

interface Led {
  readonly node: number;
  readonly life: number;
  highWatermark: number;
}

interface PartitionFacts {
  /** By leader epoch. */
  readonly leaders: Map<number, Led>;
  /** The highest high watermark that any leader had, and its epoch. */
  committedEnd: number;
  committedEpoch: number;
}

export class ClusterWatch {
  readonly #cluster: SimCluster;
  readonly #quorumLeaders = new Map<number, number>();
  /** Of every replica of the metadata log, which is a node with a directory: another disk is another replica. */
  readonly #quorumEpochs = new Map<string, number>();
  /** The epoch each of them is in, and from when until when it was seen at work in it. */
  readonly #settledEpochs = new Map<string, { readonly epoch: number; readonly since: Millis; until: Millis }>();
  readonly #metadata = new Map<number, string>();
  readonly #partitions = new Map<string, PartitionFacts>();
  looks = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** The node's metadata log is compared from its beginning on. */
  onUp(node: SimNode): void {
    node.node?.raft.subscribe({
      onCommitted: ({ baseOffset, lastOffset, epoch, records }) => {
        const content = records.reduce((crc, { value }) => crc32c(value, crc), 0);
        this.#onMetadata(node, baseOffset, `${lastOffset} in epoch ${epoch}, checksum ${content}`);
      },
      onSnapshot: () => undefined,
      onLeaderChange: () => undefined,
    });
  }

  /** Epoch and vote are durable before anything follows from them (Raft, figure 2): a start finds them. */
  onStart(node: SimNode): void {
    const known = this.#settledEpochs.get(replicaOf(node));
    if (known === undefined || known.until - known.since < settledMs) return;
    for (const volume of node.volumes) {
      const { mountPoint, disk } = volume;
      const path = `${mountPoint}/__cluster_metadata-0/quorum-state`;
      if (disk.stat(path) === undefined) continue;
      const text = volume.withoutFaults(() => disk.readFile(path)).toString('utf8');
      const { leaderEpoch } = JSON.parse(text) as { leaderEpoch: number };
      if (leaderEpoch >= known.epoch) continue;
      this.#fail('vote forgotten', `node ${node.id} was in epoch ${known.epoch}; its quorum-state says ${leaderEpoch}`);
    }
  }

  look(): void {
    this.looks++;
    for (const node of this.#cluster.nodes) {
      if (node.node === undefined) continue;
      this.#lookAtQuorum(node);
      for (const replica of node.node.broker?.broker.replicas.all() ?? []) this.#lookAtReplica(node, replica);
    }
  }

  #lookAtQuorum(node: SimNode): void {
    const state = node.node?.raft.state();
    if (state === undefined) return;
    const { leaderEpoch, role } = state;
    const replica = replicaOf(node);
    const known = this.#quorumEpochs.get(replica) ?? -1;
    if (leaderEpoch < known) {
      this.#fail('epoch forgotten', `node ${node.id} was in epoch ${known} of the quorum and is in ${leaderEpoch}`);
    }
    this.#quorumEpochs.set(replica, leaderEpoch);
    // While there is no room for an epoch, a node that is in it has not written it, and acts on nothing that it says.
    if (node.hasFullVolume) this.#settledEpochs.delete(replica);
    else if (node.state === 'up') this.#settle(replica, leaderEpoch);
    if (role !== 'leader') return;
    const leader = this.#quorumLeaders.get(leaderEpoch);
    if (leader !== undefined && leader !== node.id) {
      this.#fail('election safety', `nodes ${leader} and ${node.id} both lead the quorum in epoch ${leaderEpoch}`);
    }
    this.#quorumLeaders.set(leaderEpoch, node.id);
  }

  #settle(replica: string, epoch: number): void {
    const { now } = this.#cluster.scheduler;
    const known = this.#settledEpochs.get(replica);
    if (known?.epoch === epoch) known.until = now;
    else this.#settledEpochs.set(replica, { epoch, since: now, until: now });
  }

  #onMetadata(node: SimNode, baseOffset: number, content: string): void {
    const known = this.#metadata.get(baseOffset);
    if (known === undefined) this.#metadata.set(baseOffset, content);
    else if (known !== content) {
      const detail = `node ${node.id} committed at ${baseOffset}: up to ${content}; before: up to ${known}`;
      this.#fail('metadata log differs', detail);
    }
  }

  #lookAtReplica(node: SimNode, replica: Replica): void {
    if (replica.role !== 'leader' || replica.log === undefined) return;
    const { topic, topicId, partition, leaderEpoch, highWatermark, logEndOffset } = replica;
    const name = `${topic}-${partition}`;
    const facts = this.#factsOf(`${topicId}-${partition}`);
    const led = facts.leaders.get(leaderEpoch);
    if (led === undefined) {
      facts.leaders.set(leaderEpoch, { node: node.id, life: node.life, highWatermark });
      if (leaderEpoch > facts.committedEpoch && logEndOffset < facts.committedEnd) {
        this.#fail(
          'leader completeness',
          `${name}: node ${node.id} leads epoch ${leaderEpoch} and ends at ${logEndOffset}; epoch ` +
            `${facts.committedEpoch} had committed up to ${facts.committedEnd}`,
        );
      }
    } else {
      if (led.node !== node.id) {
        this.#fail('one leader per epoch', `${name}: nodes ${led.node} and ${node.id} lead epoch ${leaderEpoch}`);
      }
      if (led.life === node.life && highWatermark < led.highWatermark) {
        const detail = `${name}: node ${node.id} went back from ${led.highWatermark} to ${highWatermark}`;
        this.#fail('high watermark monotonic', `${detail} in epoch ${leaderEpoch}`);
      }
      led.highWatermark = highWatermark;
    }
    if (highWatermark > logEndOffset) {
      this.#fail('high watermark within the log', `${name}: node ${node.id} has ${highWatermark} of ${logEndOffset}`);
    }
    if (highWatermark > facts.committedEnd) {
      facts.committedEnd = highWatermark;
      facts.committedEpoch = leaderEpoch;
    }
  }

  #factsOf(key: string): PartitionFacts {
    let facts = this.#partitions.get(key);
    if (facts === undefined) {
      facts = { leaders: new Map(), committedEnd: 0, committedEpoch: -1 };
      this.#partitions.set(key, facts);
    }
    return facts;
  }

  #fail(invariant: string, message: string): void {
    this.#cluster.fail(new Violation(invariant, message));
  }
}

function replicaOf({ id, directoryId }: SimNode): string {
  return `${id}:${directoryId}`;
}
