/**
 * Seeded histories of the classic protocol: eager consumers, static ones among them, join, stall, crash, come back as
 * zombies or under their instance id, commit and leave, while the topic grows, appends fail and coordinators fail over.
 * What must hold:
 *
 *   at every step      a committed offset never goes back; a stable generation is not forgotten; fenced members cannot
 *                      commit; the log replays to the state there is
 *   after it is quiet  the group is stable and every partition has exactly one owner, by the consumers' own account
 */
import { SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { ClassicMembers, commitOffset, fetchOffset } from '../../../../testing/classic-members.ts';
import { codeOf, GroupBench } from '../../../../testing/group-bench.ts';
import type { GroupCore } from '../group-core.ts';

const groupId = 'g';
const mostPartitions = 8;
const refusals = ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'ILLEGAL_GENERATION'];

interface Consumer {
  readonly name: string;
  readonly instanceId: string | undefined;
  phase: 'joining' | 'syncing' | 'owning';
  /** The next offset, by the partitions that it owns. */
  readonly positions: Map<number, number>;
}

class History {
  readonly bench = new GroupBench();
  readonly members = new ClassicMembers(this.bench, groupId);
  readonly random: SeededRandom;
  readonly consumers = new Map<string, Consumer>();
  readonly committed: number[] = [];
  partitions = 3;
  readonly #zombies: Consumer[] = [];
  #follower: GroupCore;
  #followed = 0;
  #stableGeneration = 0;
  #names = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.bench.createTopic('t', this.partitions);
    this.#follower = this.bench.replayed();
  }

  step(): void {
    const { bench, consumers, random } = this;
    const all = [...consumers.values()];
    const consumer = all[random.below(Math.max(1, all.length))];
    const dice = random.below(100);
    if (dice < 4 && all.length < 5) this.join(random.below(2) === 0 ? `i${random.below(2)}` : undefined);
    else if (dice < 40) this.#round(random.below(1000));
    else if (dice < 50 && consumer !== undefined) this.advance(consumer);
    else if (dice < 84 && consumer !== undefined) this.commit(consumer);
    else if (dice < 85 && consumer !== undefined) this.leave(consumer);
    else if (dice < 87 && consumer !== undefined) this.crash(consumer);
    else if (dice < 92) this.haunt();
    else if (dice < 94) bench.wait(random.below(12_000));
    else if (dice < 96) bench.failOver();
    else if (dice < 99) this.failAppends();
    else if (this.partitions < mostPartitions) this.grow();
  }

  join(instanceId?: string): void {
    const consumer: Consumer = { name: `m${++this.#names}`, instanceId, phase: 'joining', positions: new Map() };
    this.consumers.set(consumer.name, consumer);
    this.#askToJoin(consumer);
  }

  /** Takes note of what it was told, and says the next thing. */
  advance(consumer: Consumer): void {
    const { members } = this;
    const { name, phase, instanceId } = consumer;
    if (phase === 'joining') this.#onJoined(consumer, members.told(name));
    else if (phase === 'syncing') this.#onSynced(consumer);
    else this.#onTold(consumer, members.heartbeat(name, instanceId ?? null));
  }

  /** Whatever is accepted is further on than what was committed before, unless somebody else may commit too. */
  commit(consumer: Consumer): void {
    const { positions, name, instanceId = null } = consumer;
    const partition = [...positions.keys()][this.random.below(Math.max(1, positions.size))];
    if (partition === undefined) return;
    const offset = (positions.get(partition) ?? 0) + 1 + this.random.below(5);
    const mayNot = this.#isFenced(consumer);
    const told = commitOffset(this.bench, { groupId, ...this.members.idOf(name), instanceId, offset, partition });
    if (mayNot) expect(told).toBeOneOf(refusals);
    if (told !== 'NONE') return;
    expect(offset, `of ${name} for ${partition}`).toBeGreaterThan(this.committed[partition] ?? -1);
    this.committed[partition] = offset;
    positions.set(partition, offset);
  }

  leave({ name }: Consumer): void {
    this.members.leave(name);
    this.consumers.delete(name);
  }

  /** It stops talking and keeps believing; a static one is often back at once, under its instance id. */
  crash(consumer: Consumer): void {
    const { name, instanceId } = consumer;
    this.consumers.delete(name);
    this.#zombies.push(consumer);
    if (instanceId !== undefined && this.random.below(2) === 0) this.join(instanceId);
  }

  /** One that crashed commits as who it was; rather one that has not been missed yet. */
  haunt(): void {
    const group = this.bench.core.groups.get(groupId);
    const isIn = ({ name }: Consumer): boolean => {
      return group?.kind === 'classic' && group.members.has(this.members.idOf(name).memberId);
    };
    const unmissed = this.#zombies.filter(isIn);
    const from = unmissed.length > 0 ? unmissed : this.#zombies;
    const zombie = from[this.random.below(Math.max(1, from.length))];
    if (zombie !== undefined) this.commit(zombie);
  }

  /** The answers to those who speak meanwhile come late, and some say that the append was refused. */
  failAppends(): void {
    const { bench, consumers, random } = this;
    bench.holds = true;
    for (const consumer of [...consumers.values()].slice(0, 1 + random.below(3))) this.advance(consumer);
    if (random.below(2) === 0) bench.commit();
    else bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
    bench.holds = false;
  }

  /** Somebody notices, and asks for a rebalance. */
  grow(): void {
    this.bench.growTopic('t', ++this.partitions);
    const [consumer] = this.consumers.values();
    if (consumer?.phase === 'owning') this.#rejoin(consumer);
  }

  check(): void {
    const { core, log } = this.bench;
    for (; this.#followed < log.length; this.#followed++) {
      const record = log[this.#followed];
      if (record !== undefined) this.#follower.load({ ...record, offset: this.#followed, producerId: -1 });
    }
    expect(offsetsOf(this.#follower)).toEqual(offsetsOf(core));
    const group = core.groups.get(groupId);
    // An empty group without offsets is forgotten after a while.
    if (group === undefined) this.#stableGeneration = 0;
    if (group?.kind === 'classic' && group.state === 'Stable') {
      expect(group.generationId).toBeGreaterThanOrEqual(this.#stableGeneration);
      this.#stableGeneration = group.generationId;
      expect(generationOf(this.#follower)).toEqual(generationOf(core));
    }
    for (let partition = 0; partition < this.partitions; partition++) {
      expect(fetchOffset(this.bench, { groupId, partition })).toBe(this.committed[partition] ?? -1);
    }
  }

  /** Everybody speaks until there is nothing to say any more. */
  rest(): void {
    if (this.consumers.size === 0) this.join();
    const settle = (): void => {
      for (let i = 0; i < 300; i++) this.#round(500);
    };
    settle();
    // Whoever led when the topic grew may not have seen it.
    for (const consumer of this.consumers.values()) if (consumer.phase === 'owning') this.#rejoin(consumer);
    settle();
  }

  #round(ms: number): void {
    this.bench.wait(ms);
    for (const consumer of Array.from(this.consumers.values())) this.advance(consumer);
  }

  #onJoined(consumer: Consumer, told: string): void {
    const { members, bench } = this;
    const { name } = consumer;
    const response = members.joining.get(name)?.response;
    if (told === 'waits' || response === undefined) return;
    if (told === 'FENCED_INSTANCE_ID') return void this.consumers.delete(name);
    if (told === 'UNKNOWN_MEMBER_ID') members.ids.delete(name);
    if (response.errorCode !== ErrorCode.NONE) return this.#askToJoin(consumer);
    const { generationId = -1, memberId, leader } = response;
    const ids = leader === memberId ? response.members.map((member) => member.memberId) : [];
    const partitions = Array.from({ length: bench.image.topics.get('t')?.partitions.size ?? 0 }, (_, i) => i);
    const assignments = ids.map((id, at) => {
      const share = partitions.filter((partition) => partition % ids.length === at);
      return { memberId: id, assignment: Buffer.from(share.join()) };
    });
    const identity = { groupId, generationId, memberId, groupInstanceId: consumer.instanceId ?? null };
    const request = { ...identity, protocolType: null, protocolName: null, assignments };
    members.syncing.set(
      name,
      bench.ask((to) => ({ type: 'sync', request, to })),
    );
    consumer.phase = 'syncing';
  }

  #onSynced(consumer: Consumer): void {
    const response = this.members.syncing.get(consumer.name)?.response;
    if (response === undefined) return;
    if (response.errorCode !== ErrorCode.NONE) return this.#onTold(consumer, codeOf(response));
    const text = response.assignment.toString();
    for (const partition of text === '' ? [] : text.split(',').map(Number)) {
      consumer.positions.set(partition, Number(fetchOffset(this.bench, { groupId, partition })));
    }
    consumer.phase = 'owning';
  }

  #onTold(consumer: Consumer, told: string): void {
    if (told === 'NONE') return;
    if (told === 'FENCED_INSTANCE_ID') return void this.consumers.delete(consumer.name);
    if (told === 'UNKNOWN_MEMBER_ID') this.members.ids.delete(consumer.name);
    this.#rejoin(consumer);
  }

  #rejoin(consumer: Consumer): void {
    consumer.positions.clear();
    consumer.phase = 'joining';
    this.#askToJoin(consumer);
  }

  #askToJoin({ name, instanceId }: Consumer): void {
    const memberId = this.members.ids.get(name)?.memberId ?? '';
    const identity = { memberId, ...(instanceId !== undefined && { instanceId }) };
    // A static member that is silent outlives rebalances: it is of an earlier generation then.
    const timeouts = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 4000 };
    this.members.join(name, { ...identity, ...timeouts, apiVersion: 5 });
  }

  /** Not in the group, or of another generation than the one that is stable. */
  #isFenced({ name }: Consumer): boolean {
    const group = this.bench.core.groups.get(groupId);
    if (group?.kind !== 'classic' || group.isEmpty) return false;
    const { memberId, generationId } = this.members.idOf(name);
    return !group.members.has(memberId) || generationId < this.#stableGeneration;
  }
}

function offsetsOf(core: GroupCore): unknown {
  return [...(core.offsets.ofGroup(groupId) ?? [])].map(([topic, of]) => [topic, new Map(of)]);
}

/** What is kept of a generation. */
function generationOf(core: GroupCore): unknown {
  const group = core.groups.get(groupId);
  if (group?.kind !== 'classic') return undefined;
  const { generationId, protocolName, leaderId, staticMembers } = group;
  const assignments = new Map(Array.from(group.members, ([id, { assignment }]) => [id, assignment.toString()]));
  return { generationId, protocolName, leaderId, staticMembers, assignments };
}

test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
  'a random history of the classic protocol keeps the invariants (seed %i)',
  (seed) => {
    const history = new History(seed);
    for (let i = 0; i < 600; i++) {
      history.step();
      history.check();
    }
    history.rest();
    history.check();
    expect(history.members.state).toBe('Stable');
    const owners = new Array<number>(history.partitions).fill(0);
    for (const { positions } of history.consumers.values()) {
      for (const partition of positions.keys()) owners[partition] = (owners[partition] ?? 0) + 1;
    }
    expect(owners).toEqual(new Array<number>(history.partitions).fill(1));
  },
);
