/**
 * A partition's first record: all active replicas are in sync, the first of them leads.
 */
import type { Uuid } from '@tidelog/core';
import type { PartitionRecord } from '@tidelog/metadata';
import type { DecisionContext } from './decision.ts';
import { defaultDirectory } from './partition-changes.ts';
import { Placement, type UsableBroker } from './placement.ts';

export interface NewPartition {
  readonly topicId: Uuid;
  readonly partitionId: number;
  readonly replicas: readonly number[];
}

const none: readonly number[] = [];

/** The partition's record; undefined when none of the replicas is active. */
export function newPartitionRecord(context: DecisionContext, partition: NewPartition): PartitionRecord | undefined {
  const { topicId, partitionId, replicas } = partition;
  const { cluster } = context.image;
  const isr = replicas.every((id) => cluster.isActive(id)) ? replicas : replicas.filter((id) => cluster.isActive(id));
  const [leader] = isr;
  if (leader === undefined) return undefined;
  return {
    type: 'partition',
    topicId,
    partitionId,
    replicas,
    directories: replicas.map((id) => defaultDirectory(context, id)),
    isr,
    eligibleLeaderReplicas: none,
    lastKnownElr: none,
    addingReplicas: none,
    removingReplicas: none,
    leader,
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: 0,
  };
}

/** Placement over the registered brokers. One that shuts down or has all its directories cordoned counts as fenced. */
export function placementOf({ image, random }: DecisionContext): Placement {
  const usable: UsableBroker[] = [];
  for (const { id, rack, logDirs, cordonedLogDirs } of image.cluster.brokers.values()) {
    if (logDirs.length > 0 && logDirs.every((directory) => cordonedLogDirs.includes(directory))) continue;
    usable.push({ id, rack, fenced: !image.cluster.isActive(id) });
  }
  return new Placement(usable, random);
}
