/**
 * A fetch session (KIP-227): the partitions that a reader is interested in, so that requests name only what changed and
 * responses only what has news. A session belongs to an id and an epoch, not to a connection.
 */
import type { Millis } from '@tidelog/core';
import type { DelayedFetch } from './delayed-fetch.ts';
import { FetchPartition, type FetchOwner, type FetchPosition } from './fetch-partition.ts';

export interface FetchName {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

export interface RequestedPartition extends FetchName {
  readonly position: FetchPosition;
}

export interface SessionOptions {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly isFollower: boolean;
  readonly wakesForHighWatermark: boolean;
  readonly now: Millis;
}

export class FetchSession implements FetchOwner {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly isFollower: boolean;
  readonly wakesForHighWatermark: boolean;
  readonly createdMs: Millis;
  lastUsedMs: Millis;
  /** What the next incremental request must carry. */
  nextEpoch = 1;
  /** The request of this session that waits. */
  waiting: DelayedFetch | undefined;
  readonly #partitions = new Map<string, FetchPartition>();
  /** In the order in which they are read: who gave data goes to the end. */
  readonly #dirty = new Set<FetchPartition>();

  constructor({ id, usesTopicIds, isFollower, wakesForHighWatermark, now }: SessionOptions) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.isFollower = isFollower;
    this.wakesForHighWatermark = wakesForHighWatermark;
    this.createdMs = now;
    this.lastUsedMs = now;
  }

  get size(): number {
    return this.#partitions.size;
  }

  advanceEpoch(): void {
    this.nextEpoch = this.nextEpoch === 0x7fffffff ? 1 : this.nextEpoch + 1;
  }

  update(requested: RequestedPartition): void {
    const key = keyOf(requested);
    let partition = this.#partitions.get(key);
    if (partition === undefined) {
      partition = new FetchPartition(requested, requested.position, this);
      this.#partitions.set(key, partition);
    } else {
      partition.move(requested.position);
    }
    this.#dirty.add(partition);
  }

  forget(name: FetchName): void {
    const key = keyOf(name);
    const partition = this.#partitions.get(key);
    if (partition === undefined) return;
    this.#partitions.delete(key);
    this.#dirty.delete(partition);
    partition.attach(undefined);
  }

  /** The partitions that may have something to report. */
  candidates(): FetchPartition[] {
    const candidates: FetchPartition[] = [];
    for (const partition of this.#dirty) {
      if (partition.dirty) candidates.push(partition);
      else this.#dirty.delete(partition);
    }
    return candidates;
  }

  /** All of them, for the full response that a session begins with. */
  all(): FetchPartition[] {
    return [...this.#partitions.values()];
  }

  /** After a response: a partition that gave data is read after the others next time. */
  settle(partition: FetchPartition): void {
    this.#dirty.delete(partition);
    if (partition.dirty && this.#partitions.get(keyOf(partition)) === partition) this.#dirty.add(partition);
  }

  onDirty(partition: FetchPartition): void {
    this.#dirty.add(partition);
  }

  wake(): void {
    this.waiting?.wake();
  }

  close(): void {
    for (const partition of this.#partitions.values()) partition.attach(undefined);
    this.#partitions.clear();
    this.#dirty.clear();
  }
}

/** By id where there is one; a fetch by name has none. */
function keyOf({ topic, topicId, partition }: FetchName): string {
  return topicId === '' ? `${topic}:${partition}` : `${topicId}:${partition}`;
}
