/**
 * Seeded histories: consumers of the consumer protocol join, stall, crash, come back as zombies, commit and leave,
 * while appends fail and coordinators fail over. What must hold:
 *
 *   at every step      no partition has two owners in the coordinator's books; a committed offset never goes back;
 *                      fenced members cannot commit; the log replays to the state there is
 *   after it is quiet  the group is stable and every partition has exactly one owner, by the consumers' own account
 */
import { SeededRandom } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { commitOffset, fetchOffset } from '../../../testing/classic-members.ts';
import { ConsumerMembers, type TestConsumer } from '../../../testing/consumer-members.ts';
import { GroupBench } from '../../../testing/group-bench.ts';
import type { GroupCore } from './group-core.ts';

const partitions = 12;

class History {
  readonly bench = new GroupBench({ timings: { assignmentIntervalMs: 500 } });
  readonly group = new ConsumerMembers(this.bench);
  readonly random: SeededRandom;
  readonly committed = new Array<number>(partitions).fill(-1);
  readonly zombies: TestConsumer[] = [];
  #names = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.bench.createTopic('t', partitions);
  }

  step(): void {
    const { bench, group, random } = this;
    const names = [...group.consumers.keys()];
    const name = names[random.below(Math.max(1, names.length))];
    const dice = random.below(100);
    if (dice < 10 && names.length < 6) group.join(`m${++this.#names}`);
    else if (dice < 65 && name !== undefined) this.beat(name);
    else if (dice < 80 && name !== undefined) this.commit(name);
    else if (dice < 83 && name !== undefined) group.leave(name);
    else if (dice < 86 && name !== undefined) this.crash(name);
    else if (dice < 89) this.zombie();
    else if (dice < 93) bench.wait(random.below(20_000));
    else if (dice < 95) bench.failOver();
    else if (dice < 97) this.failAppends();
    else bench.wait(random.below(1000));
  }

  /** A consumer that is told it is out begins again under its name. */
  beat(name: string): void {
    const told = this.group.beat(name);
    if (told === 'UNKNOWN_MEMBER_ID' || told === 'FENCED_MEMBER_EPOCH' || told === 'GROUP_ID_NOT_FOUND') {
      this.group.consumers.delete(name);
      this.group.join(`m${++this.#names}`);
    }
  }

  /** It stops talking and keeps believing. */
  crash(name: string): void {
    const consumer = this.group.consumers.get(name);
    if (consumer !== undefined) this.zombies.push(consumer);
    this.group.consumers.delete(name);
  }

  commit(name: string): void {
    const consumer = this.group.consumers.get(name);
    const [entry] = consumer?.owned ?? [];
    if (consumer === undefined || entry === undefined) return;
    const partition = Number(entry.split('/')[1]);
    const offset = (this.committed[partition] ?? -1) + 1 + this.random.below(5);
    const { memberId, epoch } = consumer;
    const told = commitOffset(this.bench, { groupId: 'g', memberId, generationId: epoch, offset, partition });
    if (told === 'NONE') this.committed[partition] = offset;
  }

  /** One that was taken out of the group may do nothing any more. */
  zombie(): void {
    const consumer = this.zombies.pop();
    if (consumer === undefined) return;
    const { memberId, epoch, owned } = consumer;
    const group = this.bench.core.groups.get('g');
    const isMember = group?.kind === 'consumer' && group.members.has(memberId);
    const [entry = '/0'] = owned;
    const partition = Number(entry.split('/')[1]);
    const told = commitOffset(this.bench, { groupId: 'g', memberId, generationId: epoch, offset: 0, partition });
    if (!isMember && group !== undefined && !group.isEmpty) expect(told).toBe('UNKNOWN_MEMBER_ID');
    if (told === 'NONE') this.committed[partition] = 0;
  }

  failAppends(): void {
    const { bench, group, random } = this;
    bench.holds = true;
    for (const name of [...group.consumers.keys()].slice(0, 1 + random.below(3))) group.beat(name);
    if (random.below(2) === 0) bench.commit();
    else bench.fail(ErrorCode.NOT_ENOUGH_REPLICAS);
    bench.holds = false;
  }

  check(): void {
    const { core } = this.bench;
    checkBooks(core);
    if (this.bench.log.length % 10 === 0) expect(stateOf(this.bench.replayed())).toEqual(stateOf(core));
    for (const [partition, offset] of this.committed.entries()) {
      expect(fetchOffset(this.bench, { groupId: 'g', partition })).toBe(offset);
    }
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
    const { group, bench } = history;
    if (group.consumers.size === 0) group.join('last');
    for (let round = 0; round < 80; round++) {
      bench.wait(1000);
      for (const name of Array.from(group.consumers.keys())) history.beat(name);
    }
    expect(group.state).toBe('Stable');
    const owners = group.owners();
    expect(owners.size).toBe(partitions);
    for (const names of owners.values()) expect(names.length).toBe(1);
    const counts = Object.values(group.counts());
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  },
);
