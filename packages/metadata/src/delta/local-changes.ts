/**
 * What one broker has to do about a delta of topics: which partitions it leads, follows or no longer has.
 */
import type { Uuid } from '@tidelog/core';
import type { PartitionImage } from '../image/topics-image.ts';
import type { TopicsDelta } from './topics-delta.ts';

export interface TopicPartitionChange {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly image: PartitionImage;
  /** The partition before this delta, if it was there. */
  readonly previous: PartitionImage | undefined;
}

export interface LocalDeletion {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
}

export interface LocalChanges {
  /** It has to lead these: newly, in a new leader epoch, or with another ISR or other replicas. */
  readonly leaders: readonly TopicPartitionChange[];
  /** It has to follow these, also when they have no leader now. */
  readonly followers: readonly TopicPartitionChange[];
  /** Its replica is gone: the topic was deleted, or the partition was moved away. */
  readonly deletes: readonly LocalDeletion[];
}

export function localChanges(delta: TopicsDelta, brokerId: number): LocalChanges {
  const leaders: TopicPartitionChange[] = [];
  const followers: TopicPartitionChange[] = [];
  const deletes: LocalDeletion[] = [];
  for (const topic of delta.deleted.values()) {
    for (const [partition, image] of topic.partitions) {
      if (image.replicas.includes(brokerId)) deletes.push({ topic: topic.name, topicId: topic.id, partition });
    }
  }
  for (const topic of delta.changed.values()) {
    for (const [partition, image] of topic.partitionChanges) {
      const previous = topic.base?.partitions.get(partition);
      const change = { topic: topic.name, topicId: topic.id, partition, image, previous };
      if (!image.replicas.includes(brokerId)) {
        if (previous?.replicas.includes(brokerId) === true) {
          deletes.push({ topic: topic.name, topicId: topic.id, partition });
        }
      } else if (image.leader === brokerId) {
        leaders.push(change);
      } else {
        followers.push(change);
      }
    }
  }
  return { leaders, followers, deletes };
}
