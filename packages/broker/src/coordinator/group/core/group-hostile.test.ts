/**
 * Seeded nonsense: every request of both protocols with ids, epochs, timeouts and bytes that no client would send,
 * while appends fail and coordinators fail over. Nothing throws, nothing spins, and whoever asked is answered.
 */
import { SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { GroupBench, idOf, type Asked } from '../../../testing/group-bench.ts';
import type { Requester } from '../../runtime/core/turn.ts';
import type { GroupInput } from './group-inputs.ts';

const metadata = ['', '\0', '\0\x01', 'zz\0\0', '\0\0\0\0\0\x01\0\x01t\0\0\0\0'];
const epochs = [-3, -2, -1, 0, 0, 0, 1, 2, 3, 4, 5, 2_147_483_647];
const timeouts = [-2_147_483_648, -1, 0, 5000, 30_000, 2_147_483_647];
const client = { clientId: 'c', clientHost: '/h' };

class Nonsense {
  readonly random: SeededRandom;
  readonly bench: GroupBench;
  readonly asked: Asked<unknown>[] = [];
  /** Some that were given out, and some that were not. */
  readonly ids = ['', 'x'];
  #uuids = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    const migrationPolicy = this.pick(['bidirectional', 'upgrade', 'downgrade', 'disabled'] as const);
    const initialRebalanceDelayMs = this.pick([0, 3000]);
    this.bench = new GroupBench({
      config: { migrationPolicy, initialRebalanceDelayMs, maxSize: this.pick([3, 1000]), offsetsRetentionMs: 300_000 },
      timings: { assignmentIntervalMs: this.pick([0, 1000]) },
    });
    this.bench.createTopic('t', 6);
  }

  pick<T>(of: readonly T[]): T {
    return of[this.random.below(of.length)] as T;
  }

  step(): void {
    const { bench, random } = this;
    const dice = random.below(100);
    if (dice < 80) this.ask();
    else if (dice < 83) bench.failOver();
    else if (dice < 86) bench.holds = true;
    else if (dice < 90) this.release();
    else bench.wait(this.pick([0, 1, 1000, 5000, 20_000, 70_000]));
  }

  release(): void {
    this.bench.holds = false;
    if (this.random.below(2) === 0) this.bench.commit();
    else this.bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
  }

  ask(): void {
    const asked = this.bench.ask<{ memberId?: string | null }>((to) => this.#input(to));
    this.asked.push(asked);
    const memberId = asked.response?.memberId ?? '';
    if (memberId !== '') this.ids.push(memberId);
  }

  #input(to: Requester): GroupInput {
    const groupId = this.pick(['g', 'g', 'h']);
    const memberId = this.pick(this.ids.slice(-8));
    const groupInstanceId = this.pick([null, null, 'A', 'B']);
    const member = { groupId, memberId, groupInstanceId, generationId: this.pick(epochs) };
    switch (this.random.below(8)) {
      case 0:
      case 1:
        return this.#join(to, member);
      case 2: {
        const assignments = [{ memberId: this.pick(this.ids), assignment: Buffer.from(this.pick(metadata)) }];
        return { type: 'sync', to, request: { ...member, protocolType: null, protocolName: null, assignments } };
      }
      case 3:
        return { type: 'heartbeat', to, request: member };
      case 4:
        return this.pick<GroupInput>([
          { type: 'leave', to, groupId, members: [{ memberId, groupInstanceId, reason: null }] },
          { type: 'deleteGroup', to, groupId },
          { type: 'describeConsumer', to, groupId },
        ]);
      case 5:
        return this.#commit(to, member);
      default:
        return this.#beat(to, member);
    }
  }

  #join(to: Requester, member: { groupId: string; memberId: string; groupInstanceId: string | null }): GroupInput {
    const protocols = ['other', 'range', 'range'].slice(this.random.below(4)).map((name) => {
      return { name, metadata: Buffer.from(this.pick(metadata)) };
    });
    const protocolType = this.pick(['consumer', 'consumer', 'connect', '']);
    const rebalanceTimeoutMs = this.pick(timeouts);
    const request = { ...member, sessionTimeoutMs: 10_000, rebalanceTimeoutMs, protocolType, protocols, reason: null };
    return { type: 'join', to, request, client, apiVersion: this.pick([2, 5, 9]), uuid: `${++this.#uuids}` };
  }

  #commit(to: Requester, member: { groupId: string; memberId: string; groupInstanceId: string | null }): GroupInput {
    const committed = { committedOffset: 1, committedLeaderEpoch: -1, committedMetadata: null };
    const topics = [{ name: 't', topicId: idOf('t'), partitions: [{ partitionIndex: 0, ...committed }] }];
    const generationIdOrMemberEpoch = this.pick(epochs);
    return {
      type: 'commitOffsets',
      to,
      apiVersion: 9,
      ...member,
      generationIdOrMemberEpoch,
      retentionTimeMs: 5,
      topics,
    };
  }

  #beat(to: Requester, { groupId, memberId }: { groupId: string; memberId: string }): GroupInput {
    const request = {
      groupId,
      memberId,
      memberEpoch: this.pick(epochs),
      instanceId: this.pick([null, null, 'A', 'B']),
      rackId: this.pick([null, 'r']),
      rebalanceTimeoutMs: this.pick(timeouts),
      subscribedTopicNames: this.pick([null, [], ['t'], ['u', 'u', 't']]),
      subscribedTopicRegex: this.pick([null, '', 't.*', '[']),
      serverAssignor: this.pick([null, 'range', '']),
      topicPartitions: this.pick([null, [], [], [{ topicId: idOf('t'), partitions: [0, 0, 9] }]]),
    };
    return { type: 'consumerHeartbeat', to, request, apiVersion: this.pick([0, 1]), client, uuid: `${++this.#uuids}` };
  }
}

test.each(Array.from({ length: 10 }, (_, seed) => seed + 1))('nonsense is answered (seed %i)', (seed) => {
  const nonsense = new Nonsense(seed);
  for (let i = 0; i < 500; i++) nonsense.step();
  nonsense.bench.holds = false;
  nonsense.bench.commit();
  nonsense.bench.wait(400_000);
  expect(nonsense.asked.filter(({ response }) => response === undefined)).toEqual([]);
});
