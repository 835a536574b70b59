/**
 * What changes about topics between two images. It refuses records about topics and partitions that are not there.
 */
import type { Uuid } from '@tidelog/core';
import { DenseMap } from '../dense-map.ts';
import { TopicsImage, type PartitionImage, type TopicImage } from '../image/topics-image.ts';
import type { PartitionChangeRecord, PartitionRecord, TopicRecord } from '../metadata-record.ts';
import { changedPartition, partitionOf, samePartition, withoutElr } from './partition-replay.ts';
import { ReplayError } from './replay-error.ts';

/** A created or changed topic. */
export class TopicDelta {
  readonly id: Uuid;
  readonly name: string;
  /** The topic before; undefined when this delta creates it. */
  readonly base: TopicImage | undefined;
  readonly #changes = new Map<number, PartitionImage>();

  constructor(topic: { readonly id: Uuid; readonly name: string }, base: TopicImage | undefined) {
    this.id = topic.id;
    this.name = topic.name;
    this.base = base;
  }

  get isNew(): boolean {
    return this.base === undefined;
  }

  /** New values of the partitions that are new or changed. */
  get partitionChanges(): ReadonlyMap<number, PartitionImage> {
    return this.#changes;
  }

  /** The partition as it will be. */
  partition(index: number): PartitionImage | undefined {
    return this.#changes.get(index) ?? this.base?.partitions.get(index);
  }

  set(index: number, partition: PartitionImage): void {
    const before = this.base?.partitions.get(index);
    // The same again (a snapshot's, or a change and its opposite) is no change.
    if (before !== undefined && samePartition(before, partition)) this.#changes.delete(index);
    else this.#changes.set(index, partition);
  }

  /** Indexes of all partitions as they will be. */
  indexes(): Set<number> {
    return new Set([...(this.base?.partitions.keys() ?? []), ...this.#changes.keys()]);
  }

  apply(): TopicImage {
    const partitions = this.base?.partitions ?? DenseMap.empty<PartitionImage>();
    return { id: this.id, name: this.name, partitions: partitions.with(this.#changes) };
  }
}

export class TopicsDelta {
  readonly base: TopicsImage;
  readonly #changed = new Map<Uuid, TopicDelta>();
  readonly #deleted = new Map<Uuid, TopicImage>();
  /** Ids of topics that this delta creates, by name: the only ones that `base` does not know by name. */
  readonly #created = new Map<string, Uuid>();

  constructor(base: TopicsImage) {
    this.base = base;
  }

  /** Created and changed topics by id. */
  get changed(): ReadonlyMap<Uuid, TopicDelta> {
    return this.#changed;
  }

  /** Topics of the base image that are gone, as they were. */
  get deleted(): ReadonlyMap<Uuid, TopicImage> {
    return this.#deleted;
  }

  /** The name of a topic as it will be, if there is one. */
  nameOf(id: Uuid): string | undefined {
    if (this.#deleted.has(id)) return undefined;
    return this.#changed.get(id)?.name ?? this.base.getById(id)?.name;
  }

  replayTopic(record: TopicRecord): void {
    const { name, topicId: id } = record;
    const before = this.base.getById(id);
    if (before !== undefined && before.name !== name) {
      throw new ReplayError(`topic ${name} has the id ${id} of topic ${before.name}`);
    }
    if (this.#deleted.has(id)) throw new ReplayError(`topic ${name} (${id}) is created again under its old id`);
    if (this.#changed.has(id)) return;
    this.#changed.set(id, new TopicDelta({ id, name }, before));
    if (before === undefined) this.#created.set(name, id);
  }

  replayPartition(record: PartitionRecord): void {
    const topic = this.#nameOfPartition(record);
    const index = record.partitionId;
    if (index < 0 || index >= DenseMap.maxKey) throw new ReplayError(`topic ${topic} cannot have a partition ${index}`);
    this.#topic(record.topicId).set(index, partitionOf(record));
  }

  replayPartitionChange(record: PartitionChangeRecord): void {
    const { topicId, partitionId } = record;
    const name = this.#nameOfPartition(record);
    const pending = this.#changed.get(topicId);
    const before = pending === undefined ? this.base.partition(topicId, partitionId) : pending.partition(partitionId);
    if (before === undefined) {
      throw new ReplayError(`topic ${name} (${topicId}) has no partition ${partitionId} to change`);
    }
    this.#topic(topicId).set(partitionId, changedPartition(before, record));
  }

  /** Returns the topic's name. */
  replayRemoveTopic(id: Uuid): string {
    const name = this.nameOf(id);
    if (name === undefined) throw new ReplayError(`there is no topic ${id} to remove`);
    const before = this.base.getById(id);
    if (before !== undefined) this.#deleted.set(id, before);
    this.#changed.delete(id);
    if (this.#created.get(name) === id) this.#created.delete(name);
    return name;
  }

  /** An empty name: all topics. */
  replayClearElr(topicName: string): void {
    if (topicName !== '') {
      const id = this.#created.get(topicName) ?? this.base.get(topicName)?.id;
      if (id === undefined || this.nameOf(id) === undefined) {
        throw new ReplayError(`there is no topic ${topicName} to clear the eligible leader replicas of`);
      }
      this.#clearElr(this.#topic(id));
      return;
    }
    const affected = new Set(this.#changed.keys());
    for (const topic of this.base) if (!this.#deleted.has(topic.id)) affected.add(topic.id);
    for (const id of affected) {
      const before = this.base.getById(id);
      const touched = this.#changed.has(id);
      if (touched || (before !== undefined && hasElr(before))) this.#clearElr(this.#topic(id));
    }
  }

  /** After a whole snapshot was replayed: topics that it did not mention are gone, and so is what did not change. */
  finishSnapshot(): void {
    for (const topic of this.base) if (!this.#changed.has(topic.id)) this.#deleted.set(topic.id, topic);
    for (const [id, topic] of this.#changed) {
      if (!topic.isNew && topic.partitionChanges.size === 0) this.#changed.delete(id);
    }
  }

  apply(): TopicsImage {
    if (this.#changed.size === 0 && this.#deleted.size === 0) return this.base;
    const topics = [...this.#changed.values()].map((topic) => topic.apply());
    const byId = this.base.byId
      .with([...this.#deleted.keys()].map((id) => [id, undefined]))
      .with(topics.map((topic) => [topic.id, topic]));
    // Deletions first: a topic may come back under its old name with a new id.
    const byName = this.base.byName
      .with([...this.#deleted.values()].map((topic) => [topic.name, undefined]))
      .with(topics.map((topic) => [topic.name, topic]));
    return new TopicsImage(byName, byId);
  }

  #nameOfPartition(record: PartitionRecord | PartitionChangeRecord): string {
    const name = this.nameOf(record.topicId);
    if (name !== undefined) return name;
    throw new ReplayError(`partition ${record.partitionId} belongs to topic ${record.topicId}, which is not there`);
  }

  /** The delta of a topic that is known to be there. */
  #topic(id: Uuid): TopicDelta {
    const known = this.#changed.get(id);
    if (known !== undefined) return known;
    const base = this.base.getById(id);
    if (base === undefined) throw new ReplayError(`there is no topic ${id}`);
    const topic = new TopicDelta(base, base);
    this.#changed.set(id, topic);
    return topic;
  }

  #clearElr(topic: TopicDelta): void {
    for (const index of topic.indexes()) {
      const partition = topic.partition(index);
      if (partition !== undefined) topic.set(index, withoutElr(partition));
    }
  }
}

function hasElr(topic: TopicImage): boolean {
  for (const partition of topic.partitions.values()) {
    if (partition.elr.length > 0 || partition.lastKnownElr.length > 0) return true;
  }
  return false;
}
