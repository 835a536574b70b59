/**
 * The server-side assignors of KIP-848: from members and topics to a target assignment. Pure and deterministic.
 *
 *   uniform  every member gets as many partitions as any other, give or take one, and keeps what it has (the default)
 *   range    of each topic every member gets a consecutive range, the same for topics with as many partitions: joins
 *            of co-partitioned topics find both sides at one member
 */
import type { Uuid } from '@tidelog/core';
import type { Assignment } from './assignment.ts';
import { assignRange } from './range-assignor.ts';
import { assignUniform } from './uniform-assignor.ts';

export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  /** Ids of the subscribed topics that exist. */
  readonly topics: ReadonlySet<Uuid>;
  /** The target it had. */
  readonly previous: Assignment;
}

export interface AssignorTopic {
  readonly topicId: Uuid;
  readonly partitionCount: number;
  /** Racks with a replica of the partition. */
  readonly racksOf: (partition: number) => ReadonlySet<string>;
}

export interface AssignorInput {
  readonly members: readonly AssignorMember[];
  readonly topics: ReadonlyMap<Uuid, AssignorTopic>;
}

export type TargetAssignment = ReadonlyMap<string, Assignment>;

const assignors: ReadonlyMap<string, (input: AssignorInput) => TargetAssignment> = new Map([
  ['uniform', assignUniform],
  ['range', assignRange],
]);

export function assign(assignor: string, input: AssignorInput): TargetAssignment {
  return (assignors.get(assignor) ?? assignUniform)(input);
}
