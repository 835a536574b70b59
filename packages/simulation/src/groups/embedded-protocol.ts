/** What classic consumers say to each other through the coordinator, in version 3: subscriptions and assignments. */
import { Chunks } from '@tidelog/core';
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '@tidelog/protocol';
import { sharedTopic } from './group-settings.ts';

const version = 3;

export interface Claim {
  readonly memberId: string;
  readonly generationId: number;
  readonly owned: readonly number[];
}

export function subscriptionBytes({ owned, generationId }: Omit<Claim, 'memberId'>): Buffer {
  const ownedPartitions = owned.length === 0 ? [] : [{ topic: sharedTopic, partitions: [...owned] }];
  return versioned(
    ConsumerProtocolSubscription.encode({ topics: [sharedTopic], ownedPartitions, generationId }, version).toBuffer(),
  );
}

export function claimOf(memberId: string, metadata: Buffer): Claim {
  const { ownedPartitions, generationId } = ConsumerProtocolSubscription.decode(Chunks.of(metadata), version, 2);
  return { memberId, generationId, owned: ownedPartitions.flatMap(({ partitions }) => partitions) };
}

export function assignmentBytes(partitions: readonly number[]): Buffer {
  const assignedPartitions = partitions.length === 0 ? [] : [{ topic: sharedTopic, partitions: [...partitions] }];
  return versioned(ConsumerProtocolAssignment.encode({ assignedPartitions, userData: null }, version).toBuffer());
}

export function partitionsIn(assignment: Buffer): number[] {
  if (assignment.length === 0) return [];
  const { assignedPartitions } = ConsumerProtocolAssignment.decode(Chunks.of(assignment), version, 2);
  return assignedPartitions.flatMap(({ partitions }) => partitions);
}

function versioned(body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0, version]), body]);
}
