/**
 * Committed offsets of all groups of a shard, and those that open transactions have not committed yet. Offsets are
 * immutable values in nested maps, small enough that a million of them is tens of megabytes.
 */
import type { Uuid } from '@tidelog/core';
import type { Timeline } from '../../../runtime/core/timeline.ts';
import type { OffsetRecord } from '../group-records.ts';

export interface CommittedOffset {
  readonly offset: number;
  /** -1 when the client did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Milliseconds since 1970. */
  readonly commitTimestamp: number;
  /** Milliseconds since 1970; -1 for "as long as the retention says". */
  readonly expireTimestamp: number;
  /** The zero id for offsets that were committed before topics had ids. */
  readonly topicId: Uuid;
}

export type TopicOffsets = ReadonlyMap<number, CommittedOffset>;
export type GroupOffsets = ReadonlyMap<string, TopicOffsets>;

type Topics = Map<string, Map<number, CommittedOffset>>;

export class OffsetStore {
  readonly #timeline: Timeline;
  readonly #groups = new Map<string, Topics>();
  /** By producer id, then group. */
  readonly #pending = new Map<number, Map<string, Topics>>();
  /** The offsets there are, in all groups. */
  size = 0;
  /** The last group of a replay: most records belong to the same group as the one before. */
  #recent: { groupId: string; topics: Topics } | undefined;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get(groupId: string, topic: string, partition: number): CommittedOffset | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition);
  }

  /** Topics may have no partition left. */
  ofGroup(groupId: string): GroupOffsets | undefined {
    return this.#groups.get(groupId);
  }

  hasAny(groupId: string): boolean {
    for (const partitions of this.#groups.get(groupId)?.values() ?? []) if (partitions.size > 0) return true;
    return false;
  }

  groups(): Iterable<[string, GroupOffsets]> {
    return this.#groups;
  }

  replay({ groupId, topic, partition, value }: OffsetRecord, producerId = -1): void {
    if (producerId >= 0) return this.#replayPending(producerId, { groupId, topic, partition, value });
    const partitions = this.#partitionsOf(groupId, topic);
    const had = partitions.has(partition);
    if (value === null) this.#timeline.delete(partitions, partition);
    else this.#timeline.set(partitions, partition, value);
    const change = (value === null ? 0 : 1) - (had ? 1 : 0);
    if (change !== 0) this.#timeline.assign(this, 'size', this.size + change);
  }

  /** Whether an open transaction has an offset for the partition: a stable read must wait for its end. */
  isUnstable(groupId: string, topic: string, partition: number): boolean {
    for (const groups of this.#pending.values()) {
      if (groups.get(groupId)?.get(topic)?.has(partition) === true) return true;
    }
    return false;
  }

  hasPending(groupId: string): boolean {
    for (const groups of this.#pending.values()) if (groups.has(groupId)) return true;
    return false;
  }

  /** The transaction ended in this partition of the log: its offsets count from now on, or never did. */
  endTransaction(producerId: number, isCommit: boolean): void {
    const groups = this.#pending.get(producerId);
    if (groups === undefined) return;
    this.#timeline.delete(this.#pending, producerId);
    if (!isCommit) return;
    for (const [groupId, topics] of groups) {
      for (const [topic, partitions] of topics) {
        for (const [partition, value] of partitions) this.replay({ type: 'offset', groupId, topic, partition, value });
      }
    }
  }

  /** Forgets a group without offsets, so that groups that come and go leave nothing behind. */
  forget(groupId: string): void {
    if (this.hasAny(groupId)) return;
    this.#groups.delete(groupId);
    this.#recent = undefined;
  }

  #partitionsOf(groupId: string, topic: string): Map<number, CommittedOffset> {
    let topics: Topics | undefined;
    if (this.#recent?.groupId === groupId) topics = this.#recent.topics;
    else {
      topics = this.#groups.get(groupId);
      if (topics === undefined) this.#groups.set(groupId, (topics = new Map()));
      this.#recent = { groupId, topics };
    }
    let partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, (partitions = new Map()));
    return partitions;
  }

  #replayPending(producerId: number, { groupId, topic, partition, value }: Omit<OffsetRecord, 'type'>): void {
    if (value === null) return;
    let groups = this.#pending.get(producerId);
    if (groups === undefined) this.#timeline.set(this.#pending, producerId, (groups = new Map()));
    let topics = groups.get(groupId);
    if (topics === undefined) this.#timeline.set(groups, groupId, (topics = new Map()));
    let partitions = topics.get(topic);
    if (partitions === undefined) this.#timeline.set(topics, topic, (partitions = new Map()));
    this.#timeline.set(partitions, partition, value);
  }
}
