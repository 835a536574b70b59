/**
 * What the group coordinator writes, as values. On disk each is a record in Kafka's own format (record-codec.ts); a
 * value that is null deletes. Replaying the records of a partition in order gives the state of its groups.
 */
import type { EncodeOf, GroupMetadataValue } from '@tidelog/protocol';
import type { Assignment, AssignedPartitions } from './consumer/assignment.ts';
import type { MemberSubscription } from './consumer/consumer-member.ts';
import type { CommittedOffset } from './offsets/offset-store.ts';

export type ClassicGroupValue = EncodeOf<typeof GroupMetadataValue>;

export interface CurrentAssignment {
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: number;
  readonly assigned: AssignedPartitions;
  readonly pendingRevocation: AssignedPartitions;
}

export interface ResolvedRegex {
  readonly topics: readonly string[];
  /** The offset of the metadata it was resolved against. */
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface OffsetRecord {
  readonly type: 'offset';
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset | null;
}

export type GroupRecord =
  | OffsetRecord
  | { readonly type: 'classicGroup'; readonly groupId: string; readonly value: ClassicGroupValue | null }
  | {
      readonly type: 'groupEpoch';
      readonly groupId: string;
      readonly value: { readonly epoch: number; readonly metadataHash: number } | null;
    }
  | {
      readonly type: 'member';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: MemberSubscription | null;
    }
  | {
      readonly type: 'targetEpoch';
      readonly groupId: string;
      readonly value: { readonly epoch: number; readonly timestamp: number } | null;
    }
  | {
      readonly type: 'targetMember';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: Assignment | null;
    }
  | {
      readonly type: 'current';
      readonly groupId: string;
      readonly memberId: string;
      readonly value: CurrentAssignment | null;
    }
  | {
      readonly type: 'regex';
      readonly groupId: string;
      readonly regex: string;
      readonly value: ResolvedRegex | null;
    };
