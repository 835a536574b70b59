/**
 * OffsetCommit, OffsetFetch and OffsetDelete. Commits are checked against the group's members before anything is
 * written; reads wait for the commits before them, so that nobody sees an offset that a fail-over could take back.
 */
import { zeroUuid } from '@tidelog/core';
import {
  ErrorCode,
  type OffsetCommit,
  type OffsetDelete,
  type OffsetFetch,
  type ResponseInputOf,
} from '@tidelog/protocol';
import type { ClassicGroup } from '../classic/classic-group.ts';
import type { Group, GroupHost, GroupTurn } from '../group-host.ts';
import type { CommitInput, CommitTopic, FetchInput, OffsetDeleteRequest } from '../group-inputs.ts';
import type { OffsetRecord } from '../group-records.ts';
import { fitsWire } from '../text-limit.ts';
import { commitError, fetchError, isStaleAt } from './commit-check.ts';
import type { CommittedOffset } from './offset-store.ts';

export type CommitResponse = ResponseInputOf<typeof OffsetCommit>;
type WireGroup = NonNullable<ResponseInputOf<typeof OffsetFetch>['groups']>[number];
type WireTopic = WireGroup['topics'][number];

/** A group's offsets, under the names and the ids of their topics. */
export interface FetchResponseGroup {
  readonly groupId: string;
  readonly errorCode: ErrorCode;
  readonly topics: readonly {
    readonly name: string;
    readonly topicId: string;
    readonly partitions: WireTopic['partitions'];
  }[];
}

export type OffsetDeleteResponse = ResponseInputOf<typeof OffsetDelete>;
type CommitPartition = CommitTopic['partitions'][number];
type FetchedPartition = FetchResponseGroup['topics'][number]['partitions'][number];

/** The response when every partition fares alike. */
export function commitFailure(topics: readonly CommitTopic[], errorCode: ErrorCode): CommitResponse {
  return {
    topics: topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}

export class OffsetRequests {
  readonly #host: GroupHost;
  /** A classic member is alive: its session begins anew. */
  readonly #onCommitted: (group: ClassicGroup, memberId: string, turn: GroupTurn) => void;

  constructor(host: GroupHost, onCommitted: (group: ClassicGroup, memberId: string, turn: GroupTurn) => void) {
    this.#host = host;
    this.#onCommitted = onCommitted;
  }

  commit(group: Group | undefined, input: CommitInput, turn: GroupTurn): void {
    const error = commitError(group, input);
    if (error !== ErrorCode.NONE) return turn.answer(input.to, commitFailure(input.topics, error));
    if (group?.kind === 'classic') this.#onCommitted(group, input.memberId, turn);
    const topics = input.topics.map((topic) => ({
      name: topic.name,
      topicId: topic.topicId,
      partitions: topic.partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: this.#commitOne(group, { input, topic, partition }, turn),
      })),
    }));
    turn.reply(input.to, { topics });
  }

  #commitOne(
    group: Group | undefined,
    { input, topic, partition }: { input: CommitInput; topic: CommitTopic; partition: CommitPartition },
    turn: GroupTurn,
  ): ErrorCode {
    const { partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata } = partition;
    const metadata = committedMetadata ?? '';
    if (Buffer.byteLength(metadata) > this.#host.config.offsetMetadataMaxBytes || !fitsWire(metadata)) {
      return ErrorCode.OFFSET_METADATA_TOO_LARGE;
    }
    const { name, topicId } = topic;
    if (isStaleAt(group, input, { topicId, partition: partitionIndex })) return ErrorCode.STALE_MEMBER_EPOCH;
    const { retentionTimeMs } = input;
    const value: CommittedOffset = {
      offset: committedOffset,
      leaderEpoch: committedLeaderEpoch,
      metadata,
      commitTimestamp: turn.wall,
      expireTimestamp: retentionTimeMs >= 0 ? turn.wall + retentionTimeMs : -1,
      topicId,
    };
    const record: OffsetRecord = {
      type: 'offset',
      groupId: input.groupId,
      topic: name,
      partition: partitionIndex,
      value,
    };
    this.#host.offsets.replay(record, input.producer?.producerId);
    turn.append(record, input.producer);
    return ErrorCode.NONE;
  }

  fetch(group: Group | undefined, input: FetchInput, turn: GroupTurn): void {
    const { groupId, to } = input;
    const errorCode = fetchError(group, input);
    if (errorCode !== ErrorCode.NONE) return turn.answer(to, { groupId, topics: [], errorCode });
    const topics = input.topics === null ? this.#fetchAll(input) : this.#fetchNamed(input, input.topics);
    turn.reply(to, { groupId, topics, errorCode } satisfies FetchResponseGroup);
  }

  #fetchAll(input: FetchInput): FetchResponseGroup['topics'] {
    const topics: FetchResponseGroup['topics'][number][] = [];
    for (const [name, offsets] of this.#host.offsets.ofGroup(input.groupId) ?? []) {
      const topicId = this.#host.image().topics.get(name)?.id ?? zeroUuid;
      const partitions = Array.from(offsets.keys(), (index) => this.#fetchOne(input, { name, topicId, index })).filter(
        ({ committedOffset, errorCode }) => committedOffset >= 0 || errorCode !== ErrorCode.NONE,
      );
      if (partitions.length > 0) topics.push({ name, topicId, partitions });
    }
    return topics;
  }

  #fetchNamed(input: FetchInput, asked: NonNullable<FetchInput['topics']>): FetchResponseGroup['topics'] {
    return asked.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map((index) => this.#fetchOne(input, { name, topicId, index })),
    }));
  }

  #fetchOne(
    { groupId, requireStable }: FetchInput,
    { name, topicId, index }: { name: string; topicId: string; index: number },
  ): FetchedPartition {
    const { offsets } = this.#host;
    const none = { partitionIndex: index, committedOffset: -1, committedLeaderEpoch: -1, metadata: '' };
    if (requireStable && offsets.isUnstable(groupId, name, index)) {
      return { ...none, errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT };
    }
    const found = offsets.get(groupId, name, index);
    // An offset of a topic that was deleted and created again says nothing about the new one.
    const isOther =
      found !== undefined && found.topicId !== zeroUuid && topicId !== zeroUuid && found.topicId !== topicId;
    if (found === undefined || isOther) return { ...none, errorCode: ErrorCode.NONE };
    return {
      partitionIndex: index,
      committedOffset: found.offset,
      committedLeaderEpoch: found.leaderEpoch,
      metadata: found.metadata,
      errorCode: ErrorCode.NONE,
    };
  }

  delete(group: Group | undefined, request: OffsetDeleteRequest, turn: GroupTurn): OffsetDeleteResponse {
    const { groupId, topics } = request;
    const isKnown = group !== undefined || this.#host.offsets.hasAny(groupId);
    if (!isKnown) return { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, topics: [] };
    const subscribed = group === undefined ? noTopics : subscribedOf(group);
    if (subscribed === undefined) return { errorCode: ErrorCode.NON_EMPTY_GROUP, topics: [] };
    const results = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => {
        if (subscribed.has(name)) return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC };
        if (this.#host.offsets.get(groupId, name, partitionIndex) !== undefined) {
          const partition = partitionIndex;
          this.#host.write({ type: 'offset', groupId, topic: name, partition, value: null }, turn);
        }
        return { partitionIndex, errorCode: ErrorCode.NONE };
      }),
    }));
    return { errorCode: ErrorCode.NONE, topics: results };
  }

  /** Every offset of a group goes with it. */
  deleteAll(groupId: string, turn: GroupTurn): void {
    for (const [topic, partitions] of this.#host.offsets.ofGroup(groupId) ?? []) {
      for (const partition of Array.from(partitions.keys())) {
        this.#host.write({ type: 'offset', groupId, topic, partition, value: null }, turn);
      }
    }
  }

  /** Offsets of topics that are gone, by id; those committed without an id go by name. */
  deleteTopics(deleted: ReadonlyMap<string, string>, turn: GroupTurn): void {
    const names = new Set(deleted.values());
    for (const [groupId, topics] of this.#host.offsets.groups()) {
      for (const topic of names) {
        for (const [partition, { topicId }] of Array.from(topics.get(topic) ?? [])) {
          if (topicId !== zeroUuid && deleted.get(topicId) !== topic) continue;
          this.#host.write({ type: 'offset', groupId, topic, partition, value: null }, turn);
        }
      }
    }
  }
}

const noTopics: ReadonlySet<string> = new Set();

/** The topics that a group's members read; undefined when they cannot be known. */
function subscribedOf(group: Group): ReadonlySet<string> | undefined {
  if (group.kind === 'consumer') return group.subscribedTopics();
  if (group.state === 'Empty' || group.state === 'Dead') return noTopics;
  return group.usesConsumerProtocol ? (group.subscribedTopics ?? undefined) : undefined;
}
