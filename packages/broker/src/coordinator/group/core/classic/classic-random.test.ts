/**
 * Seeded histories of the classic protocol: eager consumers, static ones among them, join, stall, crash, come back as
 * zombies or under their instance id, commit and leave, while the topic grows, appends fail and coordinators fail over.
 * What must hold:
 *
 *   at every step      a committed offset never goes back; a stable generation is not forgotten; fenced members cannot
 *                      commit; the log replays to the state there is
 *   after it is quiet  the group is stable and every partition has exactly one owner, by the consumers' own account
 */
import { ErrorCode } from '@tidelog/protocol';
import { expect, test } from 'vitest';
import { ClassicMembers } from '../../../../testing/classic-members.ts';
import { codeOf, GroupBench } from '../../../../testing/group-bench.ts';
import { offsetsOf, RandomGroupHistory } from '../../../../testing/random-group-history.ts';
import type { GroupCore } from '../group-core.ts';

const groupId = 'g';
const weights = {
  join: 4,
  speak: 46,
  commit: 34,
  leave: 1,
  crash: 2,
  haunt: 5,
  pause: 2,
  failOver: 2,
  failAppends: 3,
  grow: 1,
};
const limits = { partitions: 3, mostPartitions: 8, mostConsumers: 5, longestPauseMs: 12_000 };
const refusals = ['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID', 'ILLEGAL_GENERATION'];

interface Consumer {
  readonly name: string;
  readonly instanceId: string | undefined;
  phase: 'joining' | 'syncing' | 'owning';
  /** The next offset, by the partitions that it owns. */
  readonly positions: Map<number, number>;
}

class History extends RandomGroupHistory<Consumer> {
  readonly bench: GroupBench;
  readonly members: ClassicMembers;
  readonly consumers = new Map<string, Consumer>();
  readonly #zombies: Consumer[] = [];
  #stableGeneration = 0;
  #names = 0;

  constructor(seed: number) {
    const bench = new GroupBench();
    super({ bench, seed, groupId, weights, refusals, ...limits });
    this.bench = bench;
    this.members = new ClassicMembers(bench, groupId);
  }

  protected override all(): Consumer[] {
    return [...this.consumers.values()];
  }

  protected override join(): void {
    this.#enter(this.random.below(2) === 0 ? `i${this.random.below(2)}` : undefined);
  }

  /** Mostly everybody does. */
  protected override speak(consumer: Consumer): void {
    if (this.random.below(46) < 36) this.#round(this.random.below(1000));
    else this.#advance(consumer);
  }

  protected override speakInVain(consumer: Consumer): void {
    this.#advance(consumer);
  }

  protected override commit(consumer: Consumer): void {
    const { positions, name, instanceId = null } = consumer;
    const partition = this.pick([...positions.keys()]);
    if (partition === undefined) return;
    const offset = this.furtherOn(positions.get(partition));
    const spec = { groupId, ...this.members.idOf(name), instanceId, offset, partition };
    if (this.tryToCommit(spec, { mayNot: this.#isFenced(consumer) })) positions.set(partition, offset);
  }

  protected override leave({ name }: Consumer): void {
    this.members.leave(name);
    this.consumers.delete(name);
  }

  /** A static one is often back at once, under its instance id. */
  protected override crash(consumer: Consumer): void {
    const { name, instanceId } = consumer;
    this.consumers.delete(name);
    this.#zombies.push(consumer);
    if (instanceId !== undefined && this.random.below(2) === 0) this.#enter(instanceId);
  }

  /** Rather one that has not been missed yet. */
  protected override haunt(): void {
    const group = this.bench.core.groups.get(groupId);
    const isIn = ({ name }: Consumer): boolean => {
      return group?.kind === 'classic' && group.members.has(this.members.idOf(name).memberId);
    };
    const unmissed = this.#zombies.filter(isIn);
    const zombie = this.pick(unmissed.length > 0 ? unmissed : this.#zombies);
    if (zombie !== undefined) this.commit(zombie);
  }

  /** Somebody notices, and asks for a rebalance. */
  protected override onGrown(): void {
    const [consumer] = this.consumers.values();
    if (consumer?.phase === 'owning') this.#rejoin(consumer);
  }

  check(): void {
    const { core } = this.bench;
    const follower = this.replayed();
    expect(offsetsOf(follower, groupId)).toEqual(offsetsOf(core, groupId));
    const group = core.groups.get(groupId);
    // An empty group without offsets is forgotten after a while.
    if (group === undefined) this.#stableGeneration = 0;
    if (group?.kind === 'classic' && group.state === 'Stable') {
      expect(group.generationId).toBeGreaterThanOrEqual(this.#stableGeneration);
      this.#stableGeneration = group.generationId;
      expect(generationOf(follower)).toEqual(generationOf(core));
    }
    this.checkOffsets();
  }

  /** Everybody speaks until there is nothing to say any more. */
  rest(): void {
    if (this.consumers.size === 0) this.#enter(undefined);
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
    for (const consumer of this.all()) this.#advance(consumer);
  }

  #enter(instanceId: string | undefined): void {
    const consumer: Consumer = { name: `m${++this.#names}`, instanceId, phase: 'joining', positions: new Map() };
    this.consumers.set(consumer.name, consumer);
    this.#askToJoin(consumer);
  }

  /** Takes note of what it was told, and says the next thing. */
  #advance(consumer: Consumer): void {
    const { members } = this;
    const { name, phase, instanceId } = consumer;
    if (phase === 'joining') this.#onJoined(consumer, members.told(name));
    else if (phase === 'syncing') this.#onSynced(consumer);
    else this.#onTold(consumer, members.heartbeat(name, instanceId ?? null));
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
      consumer.positions.set(partition, this.committedOffset(partition));
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
