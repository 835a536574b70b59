/**
 * Which partitions a member has, as immutable values: sets by topic id, and for what it owns now the epoch in which
 * each partition was given to it.
 */
import type { Uuid } from '@tidelog/core';

/** Partitions by topic id; no empty sets. */
export type Assignment = ReadonlyMap<Uuid, ReadonlySet<number>>;

/** Partitions by topic id, each with the member epoch at which it was assigned; no empty maps. */
export type AssignedPartitions = ReadonlyMap<Uuid, ReadonlyMap<number, number>>;

export const noAssignment: Assignment = new Map();
export const nothingAssigned: AssignedPartitions = new Map();

/** The partitions of a request, or of a record. */
export interface TopicPartitions {
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}

export function assignmentOf(topics: readonly TopicPartitions[]): Assignment {
  const out = new Map<Uuid, ReadonlySet<number>>();
  for (const { topicId, partitions } of topics) if (partitions.length > 0) out.set(topicId, new Set(partitions));
  return out;
}

export function partitionsOf(assignment: Assignment | AssignedPartitions): TopicPartitions[] {
  const out: TopicPartitions[] = [];
  for (const [topicId, partitions] of assignment) {
    out.push({ topicId, partitions: Array.from(partitions.keys()).sort((a, b) => a - b) });
  }
  return out;
}

export function sameAssignment(a: Assignment | AssignedPartitions, b: Assignment | AssignedPartitions): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const partition of partitions.keys()) if (!others.has(partition)) return false;
  }
  return true;
}

export function countPartitions(assignment: Assignment | AssignedPartitions): number {
  let count = 0;
  for (const partitions of assignment.values()) count += partitions.size;
  return count;
}

/** Whether every partition of the request is among the assigned ones. */
export function isSubset(owned: readonly TopicPartitions[], assigned: AssignedPartitions): boolean {
  return owned.every(({ topicId, partitions }) => {
    const topic = assigned.get(topicId);
    return partitions.every((partition) => topic?.has(partition) === true);
  });
}

/** Whether the owner still names any of these partitions. */
export function owns(owned: readonly TopicPartitions[], partitions: AssignedPartitions): boolean {
  return owned.some(({ topicId, partitions: named }) => {
    const topic = partitions.get(topicId);
    return topic !== undefined && named.some((partition) => topic.has(partition));
  });
}

/** Collects partitions and gives them as an immutable value without empty topics. */
export class PartitionsBuilder {
  readonly #topics = new Map<Uuid, Map<number, number>>();

  add(topicId: Uuid, partition: number, epoch: number): void {
    let topic = this.#topics.get(topicId);
    if (topic === undefined) this.#topics.set(topicId, (topic = new Map()));
    topic.set(partition, epoch);
  }

  addAll(partitions: AssignedPartitions): void {
    for (const [topicId, topic] of partitions) {
      for (const [partition, epoch] of topic) this.add(topicId, partition, epoch);
    }
  }

  get isEmpty(): boolean {
    return this.#topics.size === 0;
  }

  build(): AssignedPartitions {
    return this.#topics;
  }
}
