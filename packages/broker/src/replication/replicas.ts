/** All replicas of this broker. Public signatures first; the body follows. */
import type { MetadataDelta, MetadataImage } from '@tidelog/metadata';
import type { AppendOutcome } from '@tidelog/log';
import type { Chunks } from '@tidelog/core';
import type { ErrorCode } from '@tidelog/protocol';
import type { Replica } from './replica.ts';
import type { CommittedAppend, LeadershipListener, ReplicasDeps } from './replicas-types.ts';

export declare class Replicas {
  constructor(deps: ReplicasDeps);
  /** A MetadataPublisher: creates, deletes, promotes and demotes. */
  onMetadata(image: MetadataImage, delta: MetadataDelta): void;
  get image(): MetadataImage;
  /** The replica of a partition that this broker hosts, whatever its role, or undefined. */
  get(topic: string, partition: number): Replica | undefined;
  getById(topicId: string, partition: number): Replica | undefined;
  /** Why this broker cannot serve a partition it has no replica of: UNKNOWN_TOPIC_OR_PARTITION or NOT_LEADER_OR_FOLLOWER. */
  errorOf(topic: string, partition: number): ErrorCode;
  all(): Iterable<Replica>;
  /** Appends as the leader and resolves when the records are committed (acks=all). Decides at once; never throws. */
  appendAndCommit(append: CommittedAppend): { readonly outcome: AppendOutcome; readonly committed: Promise<ErrorCode> };
  addLeadershipListener(listener: LeadershipListener): void;
  close(): Promise<void>;
}
export type { Chunks };
