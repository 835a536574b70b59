/**
 * Where to look when something happens to a broker: which topics it holds replicas of, how many partitions it leads,
 * which topics have partitions without a leader, under reassignment, led by another than their first replica, or with
 * eligible leader replicas. Counted as partitions change, so that no decision walks over all of them.
 *
 * Keeps topics, not partitions: a topic's partitions are few and in the image already.
 */
import type { Uuid } from '@tidelog/core';
import type { MetadataChanges, MetadataImage, PartitionImage } from '@tidelog/metadata';
import { noLeader } from './partition-change.ts';

/** How many partitions of each topic something is true for. */
export class TopicCounts {
  readonly #byTopic = new Map<Uuid, number>();
  #total = 0;

  /** Partitions in all. */
  get total(): number {
    return this.#total;
  }

  topics(): readonly Uuid[] {
    return [...this.#byTopic.keys()];
  }

  add(topicId: Uuid, change: 1 | -1): void {
    const count = (this.#byTopic.get(topicId) ?? 0) + change;
    if (count === 0) this.#byTopic.delete(topicId);
    else this.#byTopic.set(topicId, count);
    this.#total += change;
  }
}

export class PartitionIndex {
  readonly leaderless = new TopicCounts();
  readonly reassigning = new TopicCounts();
  /** Partitions whose leader is not their first replica. */
  readonly imbalanced = new TopicCounts();
  /** Partitions with eligible leader replicas. */
  readonly eligible = new TopicCounts();
  readonly #replicas = new Map<number, TopicCounts>();
  readonly #leaders = new Map<number, number>();
  #partitionCount = 0;

  static of(image: MetadataImage): PartitionIndex {
    const index = new PartitionIndex();
    for (const topic of image.topics) {
      for (const partition of topic.partitions.values()) index.#count(topic.id, partition, 1);
    }
    return index;
  }

  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** The topics of which a broker holds replicas. */
  topicsOn(brokerId: number): readonly Uuid[] {
    return this.#replicas.get(brokerId)?.topics() ?? [];
  }

  /** How many partitions a broker leads. */
  leaderships(brokerId: number): number {
    return this.#leaders.get(brokerId) ?? 0;
  }

  /** Follows the image from `changes.topics.base` on. */
  apply({ topics }: MetadataChanges): void {
    for (const topic of topics.deleted.values()) {
      for (const partition of topic.partitions.values()) this.#count(topic.id, partition, -1);
    }
    for (const topic of topics.changed.values()) {
      for (const [id, partition] of topic.partitionChanges) {
        const previous = topic.base?.partitions.get(id);
        if (previous !== undefined) this.#count(topic.id, previous, -1);
        this.#count(topic.id, partition, 1);
      }
    }
  }

  #count(topicId: Uuid, partition: PartitionImage, change: 1 | -1): void {
    this.#partitionCount += change;
    const { leader, replicas } = partition;
    if (leader === noLeader) this.leaderless.add(topicId, change);
    else this.#leaders.set(leader, this.leaderships(leader) + change);
    if (leader !== replicas[0]) this.imbalanced.add(topicId, change);
    if (partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0) {
      this.reassigning.add(topicId, change);
    }
    if (partition.elr.length > 0) this.eligible.add(topicId, change);
    for (const id of replicas) this.#replicaCounts(id).add(topicId, change);
  }

  #replicaCounts(brokerId: number): TopicCounts {
    let counts = this.#replicas.get(brokerId);
    if (counts === undefined) this.#replicas.set(brokerId, (counts = new TopicCounts()));
    return counts;
  }
}
