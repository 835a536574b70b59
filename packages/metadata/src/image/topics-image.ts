/**
 * All topics at one point of the metadata log, by name and by id.
 */
import type { Uuid } from '@tidelog/core';
import type { DenseMap } from '../dense-map.ts';
import type { LeaderRecoveryState } from '../metadata-record.ts';
import { PersistentMap } from '../persistent-map.ts';

/** One partition as the controller last decided it. */
export interface PartitionImage {
  /** Broker ids; the first one is the preferred leader. */
  readonly replicas: readonly number[];
  /** The log directory of each replica, in the order of `replicas`. */
  readonly directories: readonly Uuid[];
  readonly isr: readonly number[];
  /** Eligible leader replicas (KIP-966): left the ISR while it was below min.insync.replicas, and have all the data. */
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  /** -1 when there is none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly leaderRecoveryState: LeaderRecoveryState;
}

export interface TopicImage {
  readonly name: string;
  readonly id: Uuid;
  /** In ascending order of the partition's index. */
  readonly partitions: DenseMap<PartitionImage>;
}

export class TopicsImage {
  static readonly empty = new TopicsImage(PersistentMap.empty(), PersistentMap.empty());

  readonly byName: PersistentMap<string, TopicImage>;
  readonly byId: PersistentMap<Uuid, TopicImage>;

  constructor(byName: PersistentMap<string, TopicImage>, byId: PersistentMap<Uuid, TopicImage>) {
    this.byName = byName;
    this.byId = byId;
  }

  /** How many topics there are. */
  get size(): number {
    return this.byId.size;
  }

  get(name: string): TopicImage | undefined {
    return this.byName.get(name);
  }

  getById(id: Uuid): TopicImage | undefined {
    return this.byId.get(id);
  }

  partition(topicId: Uuid, partition: number): PartitionImage | undefined {
    return this.byId.get(topicId)?.partitions.get(partition);
  }

  [Symbol.iterator](): MapIterator<TopicImage> {
    return this.byId.values();
  }
}
