/** Classic consumers of a test, by name, and what happens to them as lines of text. */
import { ErrorCode } from '@tidelog/protocol';
import type { JoinResponse, SyncResponse } from '../coordinator/group/core/classic/classic-responses.ts';
import type { TransactionalProducer } from '../coordinator/runtime/core/turn.ts';
import { codeOf, type Asked, type GroupBench } from './group-bench.ts';

export interface JoinOptions {
  readonly memberId?: string;
  readonly instanceId?: string;
  readonly protocols?: readonly string[];
  readonly metadata?: string | Buffer;
  readonly apiVersion?: number;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  readonly protocolType?: string;
}

export class ClassicMembers {
  readonly bench: GroupBench;
  readonly groupId: string;
  /** Member ids and generations by name. */
  readonly ids = new Map<string, { memberId: string; generationId: number }>();
  readonly joining = new Map<string, Asked<JoinResponse>>();
  readonly syncing = new Map<string, Asked<SyncResponse>>();
  #uuids = 0;

  constructor(bench: GroupBench, groupId = 'g') {
    this.bench = bench;
    this.groupId = groupId;
  }

  /** Asks to join; the answer is told by `told`. */
  join(name: string, options: JoinOptions = {}): string {
    const { instanceId, protocols = ['range'], metadata = 'm', apiVersion = 3, protocolType = 'consumer' } = options;
    const request = {
      groupId: this.groupId,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 60_000,
      memberId: options.memberId ?? this.ids.get(name)?.memberId ?? '',
      groupInstanceId: instanceId ?? null,
      protocolType,
      protocols: protocols.map((protocol) => ({ name: protocol, metadata: bytesOf(metadata) })),
      reason: null,
    };
    const client = { clientId: name, clientHost: '/h' };
    const uuid = String(++this.#uuids);
    const asked = this.bench.ask<JoinResponse>((to) => ({ type: 'join', request, client, apiVersion, uuid, to }));
    this.joining.set(name, asked);
    return this.told(name);
  }

  /** What the last join of a member has come to. */
  told(name: string): string {
    const response = this.joining.get(name)?.response;
    if (response === undefined) return 'waits';
    const { memberId, generationId = -1, leader, members } = response;
    if (response.errorCode === ErrorCode.NONE) this.ids.set(name, { memberId, generationId });
    if (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.ids.set(name, { memberId, generationId });
    if (response.errorCode !== ErrorCode.NONE) return codeOf(response);
    const who = leader === memberId ? `leads ${members.map((member) => member.memberId).join(' ')}` : `after ${leader}`;
    const skips = response.skipAssignment === true ? ', skips' : '';
    return `generation ${generationId} of ${response.protocolName}, ${who}${skips}`;
  }

  sync(name: string, assignments: Readonly<Record<string, string | Buffer>> = {}): string {
    const { memberId, generationId } = this.idOf(name);
    const request = {
      groupId: this.groupId,
      generationId,
      memberId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: Object.entries(assignments).map(([to, text]) => ({
        memberId: this.idOf(to).memberId,
        assignment: bytesOf(text),
      })),
    };
    this.syncing.set(
      name,
      this.bench.ask((to) => ({ type: 'sync', request, to })),
    );
    return this.synced(name);
  }

  synced(name: string): string {
    const response = this.syncing.get(name)?.response;
    if (response === undefined) return 'waits';
    return response.errorCode === ErrorCode.NONE ? `gets ${response.assignment.toString()}` : codeOf(response);
  }

  heartbeat(name: string, instanceId: string | null = null): string {
    const request = { groupId: this.groupId, ...this.idOf(name), groupInstanceId: instanceId };
    return codeOf(this.bench.ask<{ errorCode: number }>((to) => ({ type: 'heartbeat', request, to })).response);
  }

  leave(name: string): string {
    const members = [{ memberId: this.idOf(name).memberId, groupInstanceId: null, reason: null }];
    const { groupId } = this;
    const asked = this.bench.ask<{ members: { errorCode: number }[] }>((to) => ({
      type: 'leave',
      groupId,
      members,
      to,
    }));
    return codeOf(asked.response?.members[0]);
  }

  commit(name: string | undefined, offset: number, apiVersion = 8): string {
    const who = name === undefined ? { memberId: '', generationId: -1 } : this.idOf(name);
    return commitOffset(this.bench, { groupId: this.groupId, ...who, offset, apiVersion });
  }

  get state(): string {
    return this.bench.core.groups.get(this.groupId)?.state ?? 'none';
  }

  idOf(name: string): { memberId: string; generationId: number } {
    return this.ids.get(name) ?? { memberId: name, generationId: -1 };
  }
}

function bytesOf(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

export interface CommitSpec {
  readonly groupId: string;
  readonly memberId: string;
  readonly generationId: number;
  readonly offset: number;
  readonly topic?: string;
  readonly topicId?: string;
  readonly partition?: number;
  readonly apiVersion?: number;
  readonly metadata?: string;
  readonly instanceId?: string | null;
  readonly producer?: TransactionalProducer;
}

/** Commits one offset and tells what became of it. */
export function commitOffset(bench: GroupBench, spec: CommitSpec): string {
  const { groupId, memberId, generationId, offset, topic: name = 't', partition: partitionIndex = 0 } = spec;
  const topicId = spec.topicId ?? bench.image.topics.get(name)?.id ?? 'AAAAAAAAAAAAAAAAAAAAAA';
  const committedMetadata = spec.metadata ?? '';
  const partitions = [{ partitionIndex, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata }];
  const asked = bench.ask<{ topics: { partitions: { errorCode: number }[] }[] }>((to) => ({
    type: 'commitOffsets',
    to,
    apiVersion: spec.apiVersion ?? 9,
    groupId,
    memberId,
    groupInstanceId: spec.instanceId ?? null,
    generationIdOrMemberEpoch: generationId,
    retentionTimeMs: -1,
    topics: [{ name, topicId, partitions }],
    ...(spec.producer !== undefined && { producer: spec.producer }),
  }));
  const { response } = asked;
  if (response !== undefined && 'errorCode' in response) return codeOf(response as never);
  return codeOf(response?.topics[0]?.partitions[0]);
}

/** The committed offset of a partition, -1 for none. */
export function fetchOffset(
  bench: GroupBench,
  { groupId, topic: name = 't', partition = 0 }: { groupId: string; topic?: string; partition?: number },
): number | 'waits' {
  const topicId = bench.image.topics.get(name)?.id ?? 'AAAAAAAAAAAAAAAAAAAAAA';
  const asked = bench.ask<{ topics: { partitions: { committedOffset: number }[] }[] }>((to) => ({
    type: 'fetchOffsets',
    to,
    groupId,
    memberId: null,
    memberEpoch: -1,
    topics: [{ name, topicId, partitions: [partition] }],
    requireStable: false,
  }));
  return asked.response === undefined ? 'waits' : (asked.response.topics[0]?.partitions[0]?.committedOffset ?? -1);
}
