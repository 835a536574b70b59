/**
 * What changes about topics between two images.
 */
import type { Uuid } from '@tidelog/core';
import type { PartitionImage, TopicImage, TopicsImage } from '../image/topics-image.ts';

/** A created or changed topic. */
export interface TopicDelta {
  readonly id: Uuid;
  readonly name: string;
  /** The topic before; undefined when this delta creates it. */
  readonly base: TopicImage | undefined;
  /** New values of the partitions that are new or changed. */
  readonly partitionChanges: ReadonlyMap<number, PartitionImage>;
}

export interface TopicsDelta {
  readonly base: TopicsImage;
  /** Created and changed topics by id. */
  readonly changed: ReadonlyMap<Uuid, TopicDelta>;
  /** Topics of the base image that are gone, as they were. */
  readonly deleted: ReadonlyMap<Uuid, TopicImage>;
}

export interface TopicPartitionChange {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly image: PartitionImage;
  /** The partition before this delta, if it was there. */
  readonly previous: PartitionImage | undefined;
}

/** What one broker has to do about a delta. */
export interface LocalChanges {
  /** It has to lead these (newly, or in a new leader epoch or a new partition epoch). */
  readonly leaders: readonly TopicPartitionChange[];
  /** It has to follow these, also when they have no leader now. */
  readonly followers: readonly TopicPartitionChange[];
  /** Its replica is gone: the topic was deleted, or the partition was moved away. */
  readonly deletes: readonly { readonly topic: string; readonly topicId: Uuid; readonly partition: number }[];
}
