/**
 * Seeded histories: consumers of the consumer protocol, static ones among them, join, stall, crash, come back as
 * zombies, commit and leave, while the topic grows, appends fail and coordinators fail over. What must hold:
 *
 *   at every step      no partition has two owners in the coordinator's books; a committed offset never goes back;
 *                      fenced members cannot commit; the log replays to the state there is
 *   after it is quiet  the group is stable and every partition has exactly one owner, by the consumers' own account
 */
import { expect, test } from 'vitest';
import { commitOffset, type CommitSpec } from '../../../testing/classic-members.ts';
import { ConsumerMembers, type TestConsumer } from '../../../testing/consumer-members.ts';
import { GroupBench } from '../../../testing/group-bench.ts';
import { offsetsOf, RandomGroupHistory } from '../../../testing/random-group-history.ts';
import type { GroupCore } from './group-core.ts';

const groupId = 'g';
const weights = {
  join: 10,
  speak: 50,
  commit: 17,
  leave: 3,
  crash: 4,
  haunt: 5,
  pause: 4,
  failOver: 2,
  failAppends: 2,
  grow: 1,
};
const limits = { partitions: 6, mostPartitions: 12, mostConsumers: 6, longestPauseMs: 20_000 };
const refusals = ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'STALE_MEMBER_EPOCH'];
const rejoins = ['UNKNOWN_MEMBER_ID', 'FENCED_MEMBER_EPOCH', 'GROUP_ID_NOT_FOUND'];

class History extends RandomGroupHistory<TestConsumer> {
  readonly bench: GroupBench;
  readonly group: ConsumerMembers;
  readonly zombies: TestConsumer[] = [];
  /** Commits that are under way for long. */
  readonly late: CommitSpec[] = [];
  /** Of the next record, by partition, for what each consumer owns. */
  readonly #positions = new Map<TestConsumer, Map<string, number>>();
  /** They have not heard the answer to their last heartbeat. */
  readonly #unheard = new Set<string>();
  #names = 0;

  constructor(seed: number) {
    const bench = new GroupBench({ timings: { assignmentIntervalMs: 500 } });
    super({ bench, seed, groupId, weights, refusals, ...limits });
    this.bench = bench;
    this.group = new ConsumerMembers(bench, groupId);
  }

  override step(): void {
    super.step();
    this.#deliverLate();
  }

  protected override all(): TestConsumer[] {
    return [...this.group.consumers.values()];
  }

  /** Some have one of two instance ids, in use or not. */
  protected override join(): void {
    const { group, random } = this;
    const name = `m${++this.#names}`;
    const instanceId = random.below(3) === 0 ? `i${random.below(2)}` : undefined;
    group.join(name, { topics: ['t'], ...(instanceId !== undefined && { instanceId }) });
    this.#seek(name);
  }

  /** A consumer that is told it is out begins again, under a new name; one that was not let in asks again. */
  protected override speak({ name, epoch, subscription }: TestConsumer): void {
    const { group } = this;
    const told =
      epoch === 0 ? group.join(name, subscription) : group.beat(name, { isFull: this.#unheard.delete(name) });
    if (rejoins.includes(told) || told === 'FENCED_INSTANCE_ID') {
      this.#forget(name);
      this.join();
    } else {
      this.#seek(name);
    }
  }

  /** It does not hear the answer, whether the append comes to something or not. */
  protected override speakInVain({ name }: TestConsumer): void {
    if (this.group.beat(name) === 'waits') this.#unheard.add(name);
  }

  protected override leave({ name, subscription }: TestConsumer): void {
    const isStatic = subscription.instanceId !== undefined;
    this.group.leave(name, isStatic && this.random.below(2) === 0 ? -2 : -1);
    this.#forget(name);
  }

  protected override crash(consumer: TestConsumer): void {
    this.zombies.push(consumer);
    this.group.consumers.delete(consumer.name);
  }

  protected override commit(consumer: TestConsumer): void {
    const entry = this.pick([...consumer.owned]);
    if (entry === undefined) return;
    const { memberId, epoch: generationId, subscription } = consumer;
    const partition = Number(entry.split('/')[1]);
    const positions = this.#positions.get(consumer);
    const offset = this.furtherOn(positions?.get(entry));
    const instanceId = subscription.instanceId ?? null;
    const mayNot = this.#isFenced(consumer);
    const spec = { groupId, memberId, generationId, instanceId, offset, partition };
    if (this.random.below(4) === 0) return void this.late.push(spec);
    if (this.tryToCommit(spec, { mayNot })) positions?.set(entry, offset);
  }

  protected override haunt(): void {
    const zombie = this.pick(this.zombies);
    if (zombie !== undefined) this.commit(zombie);
  }

  protected override onGrown(): void {
    // The coordinator hears of it.
  }

  /**
   * A commit comes in when its member is there still and its partition is another's, or nobody's. At its own epoch a
   * member may commit what it likes, as in Kafka, and it keeps its epoch if it has more to give up.
   */
  #deliverLate(): void {
    const group = this.bench.core.groups.get(groupId);
    const topic = this.bench.image.topics.get('t');
    if (group?.kind !== 'consumer' || group.isEmpty || topic === undefined) return;
    const isOver = ({ memberId, generationId, partition = 0 }: CommitSpec): boolean => {
      const epoch = group.members.get(memberId)?.memberEpoch ?? generationId;
      return epoch !== generationId && group.ownerOf(topic.id, partition) !== memberId;
    };
    const at = this.late.findIndex(isOver);
    const [spec] = at < 0 ? [] : this.late.splice(at, 1);
    if (spec !== undefined) this.mustBeRefused(spec, commitOffset(this.bench, spec));
  }

  check(): void {
    const { core } = this.bench;
    checkBooks(core);
    expect(stateOf(this.replayed())).toEqual(stateOf(core));
    this.checkOffsets();
  }

  /** Everybody beats until there is nothing to say any more. */
  rest(): void {
    const { group, bench } = this;
    if (group.consumers.size === 0) this.join();
    for (let round = 0; round < 80; round++) {
      bench.wait(1000);
      for (const consumer of this.all()) this.speak(consumer);
    }
  }

  /** Where it begins is where the group has committed when it is given a partition. */
  #seek(name: string): void {
    const consumer = this.group.consumers.get(name);
    if (consumer === undefined) return;
    const before = this.#positions.get(consumer);
    const positions = Array.from(consumer.owned, (entry): [string, number] => {
      const partition = Number(entry.split('/')[1]);
      return [entry, before?.get(entry) ?? this.committedOffset(partition)];
    });
    this.#positions.set(consumer, new Map(positions));
  }

  #forget(name: string): void {
    this.group.consumers.delete(name);
    this.#unheard.delete(name);
  }

  #isFenced({ memberId }: TestConsumer): boolean {
    const group = this.bench.core.groups.get(groupId);
    return group?.kind === 'consumer' && !group.isEmpty && !group.members.has(memberId);
  }
}

/** No partition is with two members, and the index of owners says what the members say. */
function checkBooks(core: GroupCore): void {
  const group = core.groups.get(groupId);
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
  const group = core.groups.get(groupId);
  if (group?.kind !== 'consumer') return undefined;
  const { groupEpoch, assignmentEpoch, assignmentTimestamp, metadataHash, members, staticMembers, targets } = group;
  const offsets = offsetsOf(core, groupId);
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
