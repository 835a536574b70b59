/**
 * Seeded histories: consumers of the consumer protocol, static ones among them, join, stall, crash, come back as
 * zombies, commit and leave, while the topic grows, appends fail and coordinators fail over. What must hold:
 *
 *   at every step      no partition has two owners in the coordinator's books; a committed offset never goes back;
 *                      fenced members cannot commit; the log replays to the state there is
 *   after it is quiet  the group is stable and every partition has exactly one owner, by the consumers' own account
 *
 * A consumer begins where the group has committed when it is given a partition, and commits further on. So whatever is
 * accepted is further on than what was committed before, unless somebody else may commit too.
 */
import { SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { commitOffset, fetchOffset, type CommitSpec } from '../../../testing/classic-members.ts';
import { ConsumerMembers, type TestConsumer } from '../../../testing/consumer-members.ts';
import { GroupBench } from '../../../testing/group-bench.ts';
import type { GroupCore } from './group-core.ts';

const mostPartitions = 12;
const refusals = ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'STALE_MEMBER_EPOCH'];
const rejoins = ['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH', 'GROUP_ID_NOT_FOUND'];

class History {
  readonly bench = new GroupBench({ timings: { assignmentIntervalMs: 500 } });
  readonly group = new ConsumerMembers(this.bench);
  readonly random: SeededRandom;
  partitions = 6;
  readonly committed: number[] = [];
  readonly zombies: TestConsumer[] = [];
  /** Commits that are under way for long. */
  readonly late: CommitSpec[] = [];
  /** Of the next record, by partition, for what each consumer owns. */
  readonly #positions = new Map<TestConsumer, Map<string, number>>();
  /** A core that follows the log, record by record. */
  #follower: GroupCore;
  #followed = 0;
  /** They have not heard the answer to their last heartbeat. */
  readonly #unheard = new Set<string>();
  #names = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.bench.createTopic('t', this.partitions);
    this.#follower = this.bench.replayed();
  }

  step(): void {
    const { bench, group, random } = this;
    const names = [...group.consumers.keys()];
    const name = names[random.below(Math.max(1, names.length))];
    const dice = random.below(100);
    if (dice < 10 && names.length < 6) this.join();
    else if (dice < 60 && name !== undefined) this.beat(name);
    else if (dice < 77 && name !== undefined) this.commit(group.consumers.get(name));
    else if (dice < 80 && name !== undefined) this.leave(name);
    else if (dice < 84 && name !== undefined) this.crash(name);
    else if (dice < 89) this.haunt();
    else if (dice < 93) bench.wait(random.below(20_000));
    else if (dice < 95) bench.failOver();
    else if (dice < 97) this.failAppends();
    else if (dice < 98 && this.partitions < mostPartitions) bench.growTopic('t', ++this.partitions);
    else bench.wait(random.below(1000));
    this.deliverLate();
  }

  /** Some have one of two instance ids, in use or not. */
  join(): void {
    const { group, random } = this;
    const name = `m${++this.#names}`;
    const instanceId = random.below(3) === 0 ? `i${random.below(2)}` : undefined;
    group.join(name, { topics: ['t'], ...(instanceId !== undefined && { instanceId }) });
    this.#seek(name);
  }

  /** A consumer that is told it is out begins again, under a new name; one that was not let in asks again. */
  beat(name: string): void {
    const { group } = this;
    const consumer = group.consumers.get(name);
    if (consumer === undefined) return;
    const told =
      consumer.epoch === 0
        ? group.join(name, consumer.subscription)
        : group.beat(name, { isFull: this.#unheard.delete(name) });
    if (rejoins.includes(told) || told === 'FENCED_INSTANCE_ID') {
      this.#forget(name);
      this.join();
    } else {
      this.#seek(name);
    }
  }

  leave(name: string): void {
    const isStatic = this.group.consumers.get(name)?.subscription.instanceId !== undefined;
    this.group.leave(name, isStatic && this.random.below(2) === 0 ? -2 : -1);
    this.#forget(name);
  }

  /** It stops talking and keeps believing. */
  crash(name: string): void {
    const consumer = this.group.consumers.get(name);
    if (consumer !== undefined) this.zombies.push(consumer);
    this.group.consumers.delete(name);
  }

  commit(consumer: TestConsumer | undefined): void {
    const owned = [...(consumer?.owned ?? [])];
    const entry = owned[this.random.below(Math.max(1, owned.length))];
    if (consumer === undefined || entry === undefined) return;
    const { memberId, epoch, subscription } = consumer;
    const partition = Number(entry.split('/')[1]);
    const positions = this.#positions.get(consumer);
    const offset = (positions?.get(entry) ?? 0) + 1 + this.random.below(5);
    const instanceId = subscription.instanceId ?? null;
    const isFenced = this.#isFenced(consumer);
    const spec = { groupId: 'g', memberId, generationId: epoch, instanceId, offset, partition };
    if (this.random.below(4) === 0) return void this.late.push(spec);
    const told = commitOffset(this.bench, spec);
    if (isFenced) expect(told).toBeOneOf(refusals);
    if (told !== 'NONE') return;
    expect(offset, `of ${consumer.name} for ${partition}`).toBeGreaterThan(this.committed[partition] ?? -1);
    this.committed[partition] = offset;
    positions?.set(entry, offset);
  }

  /** One that crashed commits as who it was. */
  haunt(): void {
    const { zombies, random } = this;
    this.commit(zombies[random.below(Math.max(1, zombies.length))]);
  }

  /**
   * A commit comes in when its member is there still and its partition is another's, or nobody's. At its own epoch a
   * member may commit what it likes, as in Kafka, and it keeps its epoch if it has more to give up.
   */
  deliverLate(): void {
    const group = this.bench.core.groups.get('g');
    const topic = this.bench.image.topics.get('t');
    if (group?.kind !== 'consumer' || group.isEmpty || topic === undefined) return;
    const isOver = ({ memberId, generationId, partition = 0 }: CommitSpec): boolean => {
      const epoch = group.members.get(memberId)?.memberEpoch ?? generationId;
      return epoch !== generationId && group.ownerOf(topic.id, partition) !== memberId;
    };
    const at = this.late.findIndex(isOver);
    const [spec] = at < 0 ? [] : this.late.splice(at, 1);
    if (spec !== undefined) expect(commitOffset(this.bench, spec)).toBeOneOf(refusals);
  }

  /** Answers to those who ask meanwhile are lost, whether their appends are or not. */
  failAppends(): void {
    const { bench, group, random } = this;
    bench.holds = true;
    for (const name of [...group.consumers.keys()].slice(0, 1 + random.below(3))) {
      if (group.beat(name) === 'waits') this.#unheard.add(name);
    }
    if (random.below(2) === 0) bench.commit();
    else bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
    bench.holds = false;
  }

  check(): void {
    const { core, log } = this.bench;
    checkBooks(core);
    for (; this.#followed < log.length; this.#followed++) {
      const record = log[this.#followed];
      if (record !== undefined) this.#follower.load({ ...record, offset: this.#followed, producerId: -1 });
    }
    expect(stateOf(this.#follower)).toEqual(stateOf(core));
    for (let partition = 0; partition < this.partitions; partition++) {
      expect(fetchOffset(this.bench, { groupId: 'g', partition })).toBe(this.committed[partition] ?? -1);
    }
  }

  /** Everybody beats until there is nothing to say any more. */
  rest(): void {
    const { group, bench } = this;
    if (group.consumers.size === 0) this.join();
    for (let round = 0; round < 80; round++) {
      bench.wait(1000);
      for (const name of Array.from(group.consumers.keys())) this.beat(name);
    }
  }

  /** Where it begins is where the group has committed when it is given a partition. */
  #seek(name: string): void {
    const consumer = this.group.consumers.get(name);
    if (consumer === undefined) return;
    const before = this.#positions.get(consumer);
    const positions = Array.from(consumer.owned, (entry): [string, number] => {
      const partition = Number(entry.split('/')[1]);
      return [entry, before?.get(entry) ?? Number(fetchOffset(this.bench, { groupId: 'g', partition }))];
    });
    this.#positions.set(consumer, new Map(positions));
  }

  #forget(name: string): void {
    this.group.consumers.delete(name);
    this.#unheard.delete(name);
  }

  #isFenced({ memberId }: TestConsumer): boolean {
    const group = this.bench.core.groups.get('g');
    return group?.kind === 'consumer' && !group.isEmpty && !group.members.has(memberId);
  }
}

/** No partition is with two members, and the index of owners says what the members say. */
function checkBooks(core: GroupCore): void {
  const group = core.groups.get('g');
  if (group?.kind !== 'consumer') return;
  const owners = new Map<string, string>();
  for (const { memberId, assigned, pendingRevocation } of group.members.values()) {
    for (const held of [assigned, pendingRevocation]) {
      for (const [topicId, topic] of held) {
        for (const partition of topic.keys()) {
          const key = `${topicId}/${partition}`;
          expect(owners.get(key) ?? memberId).toBe(memberId);
          owners.set(key, memberId);
          expect(group.ownerOf(topicId, partition)).toBe(memberId);
        }
      }
    }
  }
  const indexed = [...group.owners.values()].reduce((sum, topic) => sum + topic.size, 0);
  expect(indexed).toBe(owners.size);
}

/** What the log is to give back. */
function stateOf(core: GroupCore): unknown {
  const group = core.groups.get('g');
  if (group?.kind !== 'consumer') return undefined;
  const { groupEpoch, assignmentEpoch, assignmentTimestamp, metadataHash, members, staticMembers, targets } = group;
  const offsets = [...(core.offsets.ofGroup('g') ?? [])].map(([topic, of]) => [topic, new Map(of)]);
  const epochs = [groupEpoch, assignmentEpoch, assignmentTimestamp, metadataHash];
  return { epochs, members, staticMembers, targets, offsets };
}

test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
  'a random history keeps the invariants (seed %i)',
  (seed) => {
    const history = new History(seed);
    for (let i = 0; i < 300; i++) {
      history.step();
      history.check();
    }
    history.rest();
    const { group, partitions } = history;
    expect(group.state).toBe('Stable');
    const owners = group.owners();
    expect(owners.size).toBe(partitions);
    for (const names of owners.values()) expect(names.length).toBe(1);
    // Whoever asks for an instance id that is in use waits outside.
    const members = [...group.consumers.values()].filter(({ epoch }) => epoch > 0);
    const counts = members.map(({ owned }) => owned.size);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  },
);
