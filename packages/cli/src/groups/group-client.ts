/**
 * Groups as the command line sees them: asks every broker which groups it coordinates, and each group's coordinator for
 * the rest. An answer that only says that a coordinator is moving or loading is asked for again until the time is up.
 */
import {
  ConsumerGroupDescribe,
  DescribeGroups,
  ErrorCode,
  errorName,
  FindCoordinator,
  ListGroups,
  ListOffsets,
  Metadata,
  OffsetFetch,
  type Api,
  type RequestInputOf,
  type ResponseOf,
} from '@tidelog/protocol';
import { NetworkError } from '@tidelog/net';
import { check, type Address, type Admin } from '../support/admin.ts';
import { classicGroup, consumerGroup, type GroupDescription } from './group-description.ts';

export interface Coordinator extends Address {
  readonly nodeId: number;
}

export type ListedGroup = ResponseOf<typeof ListGroups>['groups'][number];

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What a group has committed for a partition. */
export interface Committed extends TopicPartition {
  readonly offset: number;
  readonly metadata: string | null;
}

export interface TopicFacts {
  readonly topicId: string;
  /** The leader of every partition; undefined where there is none. */
  readonly leaders: ReadonlyMap<number, Address | undefined>;
}

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

const passing: ReadonlySet<number> = new Set([
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
]);
const retryMs = 200;

export class GroupClient {
  readonly #admin: Admin;
  readonly #timeoutMs: number;

  constructor(admin: Admin, timeoutMs: number) {
    this.#admin = admin;
    this.#timeoutMs = timeoutMs;
  }

  async list(filters: { readonly states?: string[]; readonly types?: string[] } = {}): Promise<ListedGroup[]> {
    const { brokers } = await this.#admin.send(Metadata, { topics: [], allowAutoTopicCreation: false });
    const request = { statesFilter: filters.states ?? [], typesFilter: filters.types ?? [] };
    const answers = await Promise.all(
      brokers.map(async (broker) => {
        const ask = (): Promise<ResponseOf<typeof ListGroups>> => this.#admin.sendTo(broker, ListGroups, request);
        const { errorCode, groups } = await this.#settled(ask, (answer) => [answer.errorCode]);
        check(errorCode, null, `broker ${broker.nodeId} cannot list its groups`);
        return groups;
      }),
    );
    return answers.flat().toSorted((one, other) => (one.groupId < other.groupId ? -1 : 1));
  }

  /** Throws when there is no such group. */
  async describe(groupId: string): Promise<GroupDescription> {
    const coordinator = await this.coordinatorOf(groupId);
    const asked = { groupIds: [groupId], includeAuthorizedOperations: false };
    const newer = await this.atCoordinator(groupId, ConsumerGroupDescribe, asked, codesOfGroups);
    const [consumer] = newer.groups;
    if (consumer?.errorCode === ErrorCode.NONE) return consumerGroup(consumer, coordinator);
    if (consumer !== undefined && consumer.errorCode !== ErrorCode.GROUP_ID_NOT_FOUND) {
      check(consumer.errorCode, consumer.errorMessage, `cannot describe group ${groupId}`);
    }
    const older = await this.atCoordinator(groupId, DescribeGroups, { groups: [groupId] }, codesOfGroups);
    const [classic] = older.groups;
    if (classic === undefined) throw new Error(`the answer lacks group ${groupId}`);
    check(classic.errorCode, classic.errorMessage, `cannot describe group ${groupId}`);
    return classicGroup(classic, coordinator);
  }

  async committed(groupId: string): Promise<Committed[]> {
    const groups = [{ groupId, topics: null }];
    const answer = await this.atCoordinator(groupId, OffsetFetch, { groups, requireStable: false }, codesOfOffsets);
    const [group] = answer.groups;
    check(group?.errorCode ?? 0, null, `cannot read the offsets of group ${groupId}`);
    const names = await this.#topicNames();
    return (group?.topics ?? []).flatMap(({ name, topicId, partitions }) => {
      const topic = name === '' ? names.get(topicId) : name;
      // A topic that was deleted has no name any more, and its offsets no meaning.
      if (topic === undefined) return [];
      return partitions
        .filter(({ committedOffset, errorCode }) => errorCode === ErrorCode.NONE && committedOffset >= 0)
        .map(({ partitionIndex, committedOffset, metadata }) => {
          return { topic, partition: partitionIndex, offset: committedOffset, metadata };
        });
    });
  }

  /** Topics that do not exist are left out. */
  async topics(names: readonly string[]): Promise<Map<string, TopicFacts>> {
    if (names.length === 0) return new Map();
    const topics = [...new Set(names)].map((name) => ({ name }));
    const answer = await this.#admin.send(Metadata, { topics, allowAutoTopicCreation: false });
    const brokers = new Map(answer.brokers.map((broker) => [broker.nodeId, broker]));
    const found = answer.topics.filter(({ errorCode }) => errorCode === ErrorCode.NONE);
    return new Map(
      found.map(({ name, topicId, partitions }) => {
        const leaders = partitions.map((one) => [one.partitionIndex, brokers.get(one.leaderId)] as const);
        return [name ?? '', { topicId, leaders: new Map(leaders) }];
      }),
    );
  }

  /** The offset of each partition at a time or a special one (-1 the end, -2 the start); undefined: nobody can tell. */
  async offsetsAt(partitions: readonly TopicPartition[], timestamp: number): Promise<Map<string, number | undefined>> {
    const facts = await this.topics(partitions.map(({ topic }) => topic));
    const asked = partitions.map(async (one): Promise<[string, number | undefined]> => {
      return [nameOf(one), await this.#offsetAt(one, facts.get(one.topic)?.leaders.get(one.partition), timestamp)];
    });
    return new Map(await Promise.all(asked));
  }

  async coordinatorOf(groupId: string): Promise<Coordinator> {
    const request = { keyType: 0, coordinatorKeys: [groupId] };
    const ask = (): Promise<ResponseOf<typeof FindCoordinator>> => this.#admin.send(FindCoordinator, request);
    const { coordinators } = await this.#settled(ask, (answer) => answer.coordinators.map((one) => one.errorCode));
    const [found] = coordinators;
    if (found === undefined) throw new Error(`the answer lacks the coordinator of group ${groupId}`);
    check(found.errorCode, found.errorMessage, `group ${groupId} has no coordinator`);
    return found;
  }

  /** Asks the group's coordinator, whichever broker that is by then. */
  async atCoordinator<A extends Api>(
    groupId: string,
    api: A,
    request: RequestInputOf<A>,
    codesOf: (response: ResponseOf<A>) => readonly number[],
  ): Promise<ResponseOf<A>> {
    const ask = async (): Promise<ResponseOf<A>> => {
      return await this.#admin.sendTo(await this.coordinatorOf(groupId), api, request);
    };
    return await this.#settled(ask, codesOf);
  }

  async #offsetAt(
    { topic, partition }: TopicPartition,
    leader: Address | undefined,
    timestamp: number,
  ): Promise<number | undefined> {
    if (leader === undefined) return undefined;
    const topics = [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }];
    const request = { replicaId: -1, isolationLevel: 0, topics, timeoutMs: this.#timeoutMs };
    const answer = await this.#admin.sendTo(leader, ListOffsets, request);
    const found = answer.topics[0]?.partitions[0];
    return found?.errorCode === ErrorCode.NONE ? found.offset : undefined;
  }

  async #topicNames(): Promise<Map<string, string>> {
    const { topics } = await this.#admin.send(Metadata, { topics: null, allowAutoTopicCreation: false });
    return new Map(topics.map(({ topicId, name }) => [topicId, name ?? '']));
  }

  async #settled<T>(ask: () => Promise<T>, codesOf: (answer: T) => readonly number[]): Promise<T> {
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      const answer = await ask().catch((error: unknown) => {
        // The broker went away; its groups get another coordinator.
        if (error instanceof NetworkError && error.code === 'connect') return error;
        throw error;
      });
      const isLost = answer instanceof NetworkError;
      const code = isLost ? undefined : codesOf(answer).find((one) => passing.has(one));
      if (!isLost && code === undefined) return answer;
      if (performance.now() > deadline) throw isLost ? answer : new Error(`gave up waiting: ${errorName(code ?? 0)}`);
      await new Promise((done) => void setTimeout(done, retryMs));
    }
  }
}

function codesOfGroups({ groups }: { readonly groups: readonly { readonly errorCode: number }[] }): number[] {
  return groups.map(({ errorCode }) => errorCode);
}

function codesOfOffsets({ groups }: ResponseOf<typeof OffsetFetch>): number[] {
  return groups.flatMap(({ errorCode, topics }) => {
    return [errorCode, ...topics.flatMap(({ partitions }) => partitions.map((one) => one.errorCode))];
  });
}
