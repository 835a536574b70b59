/**
 * What has been decided about each partition, as far as anybody can have acted on it: the newest of what all nodes have
 * read in the metadata log and of what leaders were answered by the controller. It also counts the elections that are
 * about eligible leader replicas (KIP-966).
 */
import type { Replica } from '@tidelog/broker';
import { hasDirectory, type MetadataImage, type PartitionImage } from '@tidelog/metadata';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { SimNode } from '../cluster/sim-node.ts';
import { Violation } from '../violation.ts';

export interface PartitionView {
  readonly topicId: string;
  readonly partition: number;
  readonly partitionEpoch: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Who may lead when nobody of the ISR can: the eligible, and whoever led last. */
  readonly elr: readonly number[];
  readonly lastKnown: readonly number[];
  /** Whose joining the leader has proposed. */
  readonly joining: readonly number[];
}

export class PartitionViews {
  /** Leaders that were elected from the ELR, and because they had led last while nobody was eligible. */
  readonly elections = { eligible: 0, lastKnown: 0 };
  readonly #cluster: SimCluster;
  readonly #views = new Map<string, PartitionView>();
  readonly #brokerEpochs = new Map<number, number>();
  readonly #images = new Map<number, MetadataImage>();
  /** The highest high watermark that any replica had, by partition. */
  readonly #committedEnds = new Map<string, number>();
  /** Where the log of each replica was when its process ended. */
  readonly #lastEnds = new Map<string, number>();
  #newest: MetadataImage | undefined;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
  }

  /** Of the partitions that there are. */
  *all(): Generator<PartitionView> {
    for (const [key, view] of this.#views) {
      if (this.#newest?.topics.getById(view.topicId) === undefined) this.#views.delete(key);
      else yield view;
    }
  }

  /** The epoch of a broker's newest registration. */
  brokerEpoch(id: number): number {
    return this.#brokerEpochs.get(id) ?? -1;
  }

  /** Whether the node's log of the partition reaches as far as anything is committed. */
  holdsAll({ id, node }: SimNode, { topicId, partition }: PartitionView): boolean {
    const key = `${topicId}-${partition}`;
    const replica = node?.broker?.broker.replicas.getById(topicId, partition);
    const end = replica?.log === undefined ? -1 : replica.vouchedEndOffset;
    // What is down has what it had.
    return (node === undefined ? (this.#lastEnds.get(`${key}:${id}`) ?? -1) : end) >= this.#committedEndOf(key);
  }

  onEnd({ id, node }: SimNode): void {
    this.look();
    for (const { topicId, partition, vouchedEndOffset } of node?.broker?.broker.replicas.all() ?? []) {
      this.#lastEnds.set(`${topicId}-${partition}:${id}`, vouchedEndOffset);
    }
  }

  look(): void {
    for (const { id, node } of this.#cluster.nodes) {
      const replicas = node?.broker?.broker.replicas;
      if (replicas === undefined) continue;
      const { image } = replicas;
      if (this.#images.get(id) !== image) this.#onImage(id, image);
      for (const replica of replicas.all()) this.#onReplica(replica);
    }
  }

  #onImage(node: number, image: MetadataImage): void {
    this.#images.set(node, image);
    if (this.#newest === undefined || image.offset > this.#newest.offset) this.#newest = image;
    for (const { id, epoch } of image.cluster.brokers.values()) {
      this.#brokerEpochs.set(id, Math.max(epoch, this.brokerEpoch(id)));
    }
    for (const topic of image.topics.byId.values()) {
      for (const [partition, decided] of topic.partitions) {
        this.#onDecided(topic.id, partition, decided);
        this.#checkDirectories(`${topic.name}-${partition}`, decided, image);
      }
    }
  }

  /** Whose directory has failed fetches no more, and is not in sync (KIP-858). */
  #checkDirectories(name: string, decided: PartitionImage, image: MetadataImage): void {
    for (const id of decided.isr) {
      const broker = image.cluster.broker(id);
      if (broker === undefined || hasDirectory(decided, broker)) continue;
      const directory = decided.directories[decided.replicas.indexOf(id)];
      const detail = `${name}: ${id} is in sync in ${directory}, and its broker has ${broker.logDirs.join(', ')}`;
      this.#cluster.fail(new Violation('in sync in a failed directory', detail));
    }
  }

  #onDecided(topicId: string, partition: number, decided: PartitionImage): void {
    const key = `${topicId}-${partition}`;
    const before = this.#views.get(key);
    const { partitionEpoch, leader, replicas, isr, elr, lastKnownElr: lastKnown } = decided;
    if (before !== undefined && before.partitionEpoch > partitionEpoch) return;
    const joining = before?.partitionEpoch === partitionEpoch ? before.joining : [];
    const view = { topicId, partition, partitionEpoch, leader, replicas, isr, elr, lastKnown, joining };
    this.#views.set(key, view);
    if (before !== undefined) this.#count(before, view);
  }

  #count(before: PartitionView, { leader, isr }: PartitionView): void {
    if (leader < 0 || isr.length > 1 || before.isr.includes(leader)) return;
    if (before.elr.includes(leader)) this.elections.eligible++;
    else if (before.lastKnown.includes(leader)) this.elections.lastKnown++;
  }

  #committedEndOf(key: string): number {
    return this.#committedEnds.get(key) ?? 0;
  }

  #onReplica({ topicId, partition, highWatermark, core }: Replica): void {
    const key = `${topicId}-${partition}`;
    if (highWatermark > this.#committedEndOf(key)) this.#committedEnds.set(key, highWatermark);
    const known = this.#views.get(key);
    const { leader } = core;
    if (leader === undefined || known === undefined || leader.partitionEpoch < known.partitionEpoch) return;
    const { committed: isr, maximal } = leader.inSync;
    const joining = maximal.filter((id) => !isr.includes(id));
    const { partitionEpoch } = leader;
    if (partitionEpoch === known.partitionEpoch) {
      if (joining.length > 0 || known.joining.length > 0) this.#views.set(key, { ...known, joining });
      return;
    }
    // The controller has answered, and no node has read it in the metadata log yet.
    const isEnough = isr.length >= leader.effectiveMinInsyncReplicas;
    const left = [...known.elr, ...known.isr].filter((id) => !isr.includes(id));
    const elr = isEnough ? [] : left;
    this.#views.set(key, { ...known, partitionEpoch, isr, elr, lastKnown: [], joining });
  }
}
