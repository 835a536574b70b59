/**
 * What classic consumers put into their join requests and get from the assignment: the embedded consumer protocol, read
 * into topics and partitions and written from them.
 */
import type { MetadataImage } from '@tidelog/metadata';
import { Chunks } from '@tidelog/core';
import { ConsumerProtocolAssignment, ProtocolError } from '@tidelog/protocol';
import { readSubscription } from '../classic/classic-records.ts';
import type { ClassicProtocol } from '../classic/classic-group.ts';
import {
  assignmentOf,
  partitionsOf,
  type AssignedPartitions,
  type Assignment,
  type TopicPartitions,
} from './assignment.ts';

export interface EmbeddedSubscription {
  readonly topics: readonly string[];
  readonly rackId: string | null;
  readonly owned: readonly TopicPartitions[];
}

/** Of a member's preferred protocol; undefined when any of its protocols is not a consumer's. */
export function subscriptionIn(
  protocols: readonly ClassicProtocol[],
  image: MetadataImage,
): EmbeddedSubscription | undefined {
  const subscriptions = protocols.map(({ metadata }) => readSubscription(metadata));
  const [first] = subscriptions;
  if (first === undefined || subscriptions.includes(undefined)) return undefined;
  return {
    topics: [...new Set(first.topics)].sort(),
    rackId: first.rackId,
    owned: withIds(first.ownedPartitions, image),
  };
}

/** An assignment as a classic member reads it, in the version that it speaks. */
export function assignmentBytes(assigned: AssignedPartitions, version: number, image: MetadataImage): Buffer {
  const assignedPartitions = partitionsOf(assigned).flatMap(({ topicId, partitions }) => {
    const topic = image.topics.getById(topicId)?.name;
    return topic === undefined ? [] : [{ topic, partitions: [...partitions] }];
  });
  const known = Math.max(0, Math.min(version, ConsumerProtocolAssignment.versions.max));
  const prefix = Buffer.alloc(2);
  prefix.writeInt16BE(known);
  return Buffer.concat([
    prefix,
    ConsumerProtocolAssignment.encode({ assignedPartitions, userData: null }, known).toBuffer(),
  ]);
}

/** What a classic member has been assigned; undefined when it cannot be read. Empty bytes are no partitions. */
export function assignmentIn(bytes: Buffer, image: MetadataImage): Assignment | undefined {
  if (bytes.length < 2) return assignmentOf([]);
  const version = Math.min(bytes.readInt16BE(0), ConsumerProtocolAssignment.versions.max);
  if (version < 0) return undefined;
  try {
    const { assignedPartitions } = ConsumerProtocolAssignment.decode(Chunks.of(bytes), version, 2);
    return assignmentOf(withIds(assignedPartitions, image));
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function withIds(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  image: MetadataImage,
): TopicPartitions[] {
  return topics.flatMap(({ topic, partitions }) => {
    const known = image.topics.get(topic);
    return known === undefined ? [] : [{ topicId: known.id, partitions }];
  });
}
