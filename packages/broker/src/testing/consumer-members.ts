/** Consumers of the consumer protocol (KIP-848) in a test, by name: they own what they are told, and say so. */
import { ErrorCode } from '@tidelog/protocol';
import type { ConsumerHeartbeatResponse } from '../coordinator/group/core/consumer/consumer-responses.ts';
import { codeOf, type Asked, type GroupBench } from './group-bench.ts';

export interface Subscription {
  readonly topics?: readonly string[];
  readonly regex?: string;
  readonly assignor?: string;
  readonly instanceId?: string;
  readonly rackId?: string;
}

export class TestConsumer {
  readonly name: string;
  memberId: string;
  epoch = 0;
  /** As it was told. */
  heartbeatIntervalMs = 0;
  /** `topic id/partition` */
  owned: ReadonlySet<string> = new Set();
  subscription: Subscription;

  constructor(name: string, subscription: Subscription) {
    this.name = name;
    this.memberId = name;
    this.subscription = subscription;
  }

  /** As it would speak at another epoch, or owning something else. */
  at(epoch: number, owned: Spoken['owned'] = this.owned): Spoken {
    const { memberId, subscription } = this;
    return { memberId, epoch, owned, subscription };
  }
}

/** What a heartbeat is made of. */
interface Spoken extends Pick<TestConsumer, 'memberId' | 'epoch' | 'subscription'> {
  /** Null when it does not say. */
  readonly owned: ReadonlySet<string> | null;
}

export class ConsumerMembers {
  readonly bench: GroupBench;
  readonly groupId: string;
  readonly consumers = new Map<string, TestConsumer>();

  constructor(bench: GroupBench, groupId = 'g') {
    this.bench = bench;
    this.groupId = groupId;
  }

  join(name: string, subscription: Subscription = { topics: ['t'] }): string {
    const consumer = this.consumers.get(name) ?? new TestConsumer(name, subscription);
    consumer.subscription = subscription;
    consumer.epoch = 0;
    consumer.owned = new Set();
    this.consumers.set(name, consumer);
    return this.#told(consumer, this.send(consumer, { isFull: true }));
  }

  /**
   * A heartbeat that says what the member owns; it takes what it is given and gives up what it is not. A full one says
   * everything else too, as after an answer that was lost, and is told all.
   */
  beat(name: string, { isFull = false }: { isFull?: boolean } = {}): string {
    const consumer = this.#consumer(name);
    return this.#told(consumer, this.send(consumer, { isFull }));
  }

  leave(name: string, epoch = -1): string {
    const consumer = this.#consumer(name);
    const { response } = this.send(consumer.at(epoch), { isFull: false });
    if (epoch === -1) this.consumers.delete(name);
    return codeOf(response);
  }

  /** Everybody beats in turn until nothing changes any more. */
  settle(rounds = 20): void {
    for (let i = 0; i < rounds; i++) {
      this.bench.wait(1000);
      for (const name of this.consumers.keys()) this.beat(name);
    }
  }

  send(consumer: Spoken, { isFull }: { isFull: boolean }): Asked<ConsumerHeartbeatResponse> {
    const { memberId, epoch, owned, subscription } = consumer;
    const { topics, regex, assignor, instanceId, rackId } = subscription;
    const byTopic = new Map<string, number[]>();
    for (const entry of owned ?? []) {
      const [topicId = '', partition] = entry.split('/');
      byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(partition)]);
    }
    const request = {
      groupId: this.groupId,
      memberId,
      memberEpoch: epoch,
      instanceId: instanceId ?? null,
      rackId: isFull ? (rackId ?? null) : null,
      rebalanceTimeoutMs: isFull ? 30_000 : -1,
      subscribedTopicNames: isFull ? [...(topics ?? [])] : null,
      subscribedTopicRegex: isFull ? (regex ?? null) : null,
      serverAssignor: isFull ? (assignor ?? null) : null,
      topicPartitions:
        owned === null ? null : Array.from(byTopic, ([topicId, partitions]) => ({ topicId, partitions })),
    };
    const client = { clientId: 'c', clientHost: '/h' };
    return this.bench.ask((to) => ({ type: 'consumerHeartbeat', to, request, apiVersion: 1, client, uuid: 'u' }));
  }

  /** What each member owns, by its own account. */
  owners(): Map<string, string[]> {
    const owners = new Map<string, string[]>();
    for (const { name, owned } of this.consumers.values()) {
      for (const entry of owned) owners.set(entry, [...(owners.get(entry) ?? []), name]);
    }
    return owners;
  }

  counts(): Record<string, number> {
    return Object.fromEntries(Array.from(this.consumers.values(), ({ name, owned }) => [name, owned.size]));
  }

  get state(): string {
    return this.bench.core.groups.get(this.groupId)?.state ?? 'none';
  }

  #told(consumer: TestConsumer, { response }: Asked<ConsumerHeartbeatResponse>): string {
    if (response === undefined || response.errorCode !== ErrorCode.NONE) return codeOf(response);
    consumer.epoch = response.memberEpoch;
    consumer.heartbeatIntervalMs = response.heartbeatIntervalMs;
    consumer.memberId = response.memberId ?? consumer.memberId;
    const { assignment } = response;
    if (assignment !== null && assignment !== undefined) {
      consumer.owned = new Set(
        assignment.topicPartitions.flatMap(({ topicId, partitions }) => partitions.map((p) => `${topicId}/${p}`)),
      );
    }
    return `epoch ${response.memberEpoch}${(assignment ?? null) === null ? '' : `, has ${consumer.owned.size}`}`;
  }

  #consumer(name: string): TestConsumer {
    return this.consumers.get(name) ?? new TestConsumer(name, {});
  }
}
