/** Everything that a shard of groups is told: requests as they were decoded, and news of the cluster. */
import type { MetadataImage } from '@tidelog/metadata';
import type { ConsumerGroupHeartbeat, OffsetCommit, OffsetDelete, OffsetFetch, RequestOf } from '@tidelog/protocol';
import type { Requester, TransactionalProducer } from '../../runtime/core/turn.ts';
import type { ClientIdentity, JoinInput } from './classic/classic-join.ts';
import type { HeartbeatRequest, LeaveRequest, SyncRequest } from './classic/classic-membership.ts';

export type CommitRequest = RequestOf<typeof OffsetCommit>;
export type FetchGroup = RequestOf<typeof OffsetFetch>['groups'][number];
export type OffsetDeleteRequest = RequestOf<typeof OffsetDelete>;
export type ConsumerHeartbeatRequest = RequestOf<typeof ConsumerGroupHeartbeat>;

/** Offsets to commit, with their topics resolved to names and ids. */
export interface CommitTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: CommitRequest['topics'][number]['partitions'];
}

export interface CommitInput {
  readonly type: 'commitOffsets';
  readonly to: Requester;
  readonly apiVersion: number;
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationIdOrMemberEpoch: number;
  readonly retentionTimeMs: number;
  readonly topics: readonly CommitTopic[];
  /** In a transaction: the offsets count when its marker says so. */
  readonly producer?: TransactionalProducer;
}

export interface FetchInput {
  readonly type: 'fetchOffsets';
  readonly to: Requester;
  readonly groupId: string;
  readonly memberId: string | null;
  readonly memberEpoch: number;
  /** Null for every topic. */
  readonly topics:
    | readonly { readonly name: string; readonly topicId: string; readonly partitions: readonly number[] }[]
    | null;
  readonly requireStable: boolean;
}

export interface ConsumerHeartbeatInput {
  readonly type: 'consumerHeartbeat';
  readonly to: Requester;
  readonly request: ConsumerHeartbeatRequest;
  readonly apiVersion: number;
  readonly client: ClientIdentity;
  /** A fresh UUID for the member's id, where the request has none. */
  readonly uuid: string;
}

export type GroupInput =
  | ({ readonly type: 'join' } & JoinInput)
  | { readonly type: 'sync'; readonly request: SyncRequest; readonly to: Requester }
  | { readonly type: 'heartbeat'; readonly request: HeartbeatRequest; readonly to: Requester }
  | {
      readonly type: 'leave';
      readonly groupId: string;
      readonly members: LeaveRequest['members'];
      readonly to: Requester;
    }
  | CommitInput
  | FetchInput
  | { readonly type: 'deleteOffsets'; readonly request: OffsetDeleteRequest; readonly to: Requester }
  | { readonly type: 'deleteGroup'; readonly groupId: string; readonly to: Requester }
  | { readonly type: 'describeClassic'; readonly groupId: string; readonly to: Requester }
  | { readonly type: 'describeConsumer'; readonly groupId: string; readonly to: Requester }
  | { readonly type: 'list'; readonly to: Requester }
  | ConsumerHeartbeatInput
  | {
      readonly type: 'transactionEnded';
      readonly producerId: number;
      readonly isCommit: boolean;
    }
  | {
      readonly type: 'metadataChanged';
      readonly image: MetadataImage;
      /** Ids of topics that are gone. */
      readonly deletedTopics: ReadonlyMap<string, string>;
      /** Names of topics that were created, deleted or got partitions. */
      readonly changedTopics: ReadonlySet<string>;
    };
