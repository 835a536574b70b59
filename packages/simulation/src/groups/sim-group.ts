/**
 * One group under load: a few places for consumer processes, and the dice that say what happens to them. A process is
 * started, crashes (and may come back as a zombie that commits as who it was), is paused, stalls, leaves, is cut off
 * from a broker, or meets a second process with its instance id. A mixed group is rolled to the other protocol and back
 * too, one process after the other, and some of these upgrades and downgrades stop half-way.
 */
import type { Millis, SeededRandom } from '@tidelog/core';
import { OffsetCommit } from '@tidelog/protocol';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { PartitionHistory } from '../oracle/partition-history.ts';
import type { SimClient } from '../workload/sim-client.ts';
import { ClassicConsumer } from './classic-consumer.ts';
import { CoordinatorLink } from './coordinator-link.ts';
import type { Coordinators } from './coordinators.ts';
import type { GroupConsumer } from './group-consumer.ts';
import { sharedTopic, type GroupKind, type MemberKind } from './group-settings.ts';
import { MemberList } from './member-list.ts';
import { ModernConsumer } from './modern-consumer.ts';
import { GroupHistory } from './oracle/group-history.ts';
import type { GroupMember } from './oracle/group-member.ts';

export interface SimGroupOptions {
  readonly cluster: SimCluster;
  readonly random: SeededRandom;
  readonly groupId: string;
  readonly kind: GroupKind;
  readonly coordinators: Coordinators;
  readonly records: (partition: number) => PartitionHistory | undefined;
  /** A client on a machine of its own. */
  readonly newClient: () => SimClient;
}

interface Place {
  readonly instanceId: string | null;
  /** What the next process speaks. */
  kind: MemberKind;
  consumer: GroupConsumer | undefined;
  lives: number;
}

const mostPlaces = 4;
const longestAwayMs = 15_000;
/** How often something that happens to a mixed group is that it is rolled to the other protocol. */
const rollShare = 0.15;

export class SimGroup {
  readonly history: GroupHistory;
  readonly #options: SimGroupOptions;
  readonly #places: Place[];
  readonly #meanMs: number;
  /** Of a mixed group: its classic members have to have a protocol in common. */
  readonly #classicKind: MemberKind;
  #isTroubled = true;
  #healedAt: Millis = Infinity;
  #memberList: MemberList | undefined;

  constructor(options: SimGroupOptions) {
    const { cluster, random, groupId, kind } = options;
    this.#options = options;
    this.history = new GroupHistory(groupId, {
      now: () => cluster.scheduler.now,
      trace: (what) => cluster.trace(what),
      isMixed: kind === 'mixed',
    });
    this.#meanMs = 1000 * 6 ** random.next();
    const instanceIds = Array.from({ length: 2 + random.below(mostPlaces - 1) }, (_, i) => {
      return random.next() < 0.3 ? `${groupId}-i${i}` : null;
    });
    this.#classicKind = kind === 'mixed' && random.next() < 0.5 ? 'eager' : 'cooperative';
    const first = kind === 'mixed' ? this.#classicKind : kind;
    this.#places = instanceIds.map((instanceId) => ({ instanceId, kind: first, consumer: undefined, lives: 0 }));
  }

  start(): void {
    for (const place of this.#places) this.#start(place);
    this.#next();
  }

  /** No more trouble: every process that is there goes on, and those that are missing start. */
  heal(): void {
    const { cluster, newClient, groupId, kind, coordinators } = this.#options;
    this.#isTroubled = false;
    this.#healedAt = cluster.scheduler.now;
    const client = newClient();
    const link = new CoordinatorLink({ client, groupId, coordinators });
    this.#memberList = new MemberList({ client, link, groupId, kind });
    this.#memberList.start();
    for (const place of this.#places) {
      const { consumer } = place;
      if (consumer === undefined) this.#start(place);
      else this.#goOn(consumer);
    }
  }

  /** Every partition has one owner and every consumer is at rest, by their own account. */
  isShared(partitions: number): boolean {
    return this.#places.every(({ consumer }) => consumer?.isSettled === true) && this.isOwned(partitions);
  }

  /** And by the coordinator's: no session is left that could end, so nothing changes any more. */
  isAtRest(partitions: number): boolean {
    const consumers = this.#places.flatMap(({ consumer }) => consumer ?? []);
    const heardAll = consumers.every(({ heardAt }) => heardAt >= this.#healedAt);
    const memberIds = consumers.map(({ member }) => member.memberId);
    return this.isShared(partitions) && heardAll && this.#memberList?.isOf(memberIds) === true;
  }

  /** Every partition has one owner, by their own account. */
  isOwned(partitions: number): boolean {
    const owners = new Array<number>(partitions).fill(0);
    for (const { consumer } of this.#places) {
      for (const partition of consumer?.reader.partitions ?? []) owners[partition] = (owners[partition] ?? 0) + 1;
    }
    return owners.length === partitions && owners.every((count) => count === 1);
  }

  describe(): string {
    const { groupId, kind } = this.#options;
    const places = this.#places.map(({ consumer }, i) => {
      if (consumer === undefined) return `${i} empty`;
      const { member, reader } = consumer;
      const { memberId, epoch } = member;
      return `${member.name} ${memberId} at ${epoch} has ${reader.partitions.join() || 'nothing'}`;
    });
    return `group ${groupId} (${kind}), delivered up to ${this.history.delivery.ends.join()}: ${places.join('; ')}`;
  }

  #next(): void {
    const { cluster, random, kind } = this.#options;
    cluster.scheduler.after(-Math.log(1 - random.next()) * this.#meanMs, undefined, 'group', () => {
      if (!this.#isTroubled) return;
      if (kind === 'mixed' && random.next() < rollShare) this.#roll();
      const place = this.#places[random.below(this.#places.length)];
      if (place !== undefined) this.#trouble(place, random.below(100));
      this.#next();
    });
  }

  #trouble(place: Place, dice: number): void {
    const { consumer } = place;
    if (consumer === undefined) this.#start(place);
    else if (consumer.client.owner.paused || consumer.stalls) return;
    else if (dice < 22) this.#crash(place, consumer);
    else if (dice < 40) this.#leave(place, consumer);
    else if (dice < 58) this.#forAWhile(consumer, 'is paused', () => (consumer.client.owner.paused = true));
    else if (dice < 75) this.#forAWhile(consumer, 'stalls', () => (consumer.stalls = true));
    else if (dice < 90) this.#cutOff(consumer);
    else if (place.instanceId !== null) {
      // Its successor is there before it is gone.
      this.#start(place);
      this.#later(() => this.#end(consumer, true));
    }
  }

  /** To the other protocol, one process after the other; some are left as they are. */
  #roll(): void {
    const { cluster, random, groupId } = this.#options;
    const isUpgrade = this.#places[0]?.kind !== 'consumer';
    const kind = isUpgrade ? 'consumer' : this.#classicKind;
    const count = random.next() < 0.6 ? this.#places.length : 1 + random.below(this.#places.length);
    cluster.note(`group ${groupId} is rolled to the ${isUpgrade ? 'consumer' : 'classic'} protocol`);
    for (const place of this.#places.slice(0, count)) {
      this.#later(() => {
        if (!this.#isTroubled || place.kind === kind) return;
        place.kind = kind;
        const { consumer } = place;
        if (consumer !== undefined) this.#leave(place, consumer);
        this.#start(place);
      });
    }
  }

  #start(place: Place): void {
    const { cluster, groupId, random, newClient, coordinators, records } = this.#options;
    const { kind } = place;
    const client = newClient();
    const member: GroupMember = {
      groupId,
      name: `${groupId}.${this.#places.indexOf(place)}.${++place.lives}`,
      isClassic: kind !== 'consumer',
      instanceId: place.instanceId,
      memberId: kind === 'consumer' ? random.bytes(12).toString('base64url') : '',
      epoch: kind === 'consumer' ? 0 : -1,
    };
    const onFenced = (): void => {
      cluster.note(`${member.name} is fenced and ends`);
      if (place.consumer === consumer) place.consumer = undefined;
      this.#end(consumer, true);
      if (!this.#isTroubled && place.consumer === undefined) this.#start(place);
    };
    const toleratesRot = (): boolean => cluster.rot !== undefined;
    const { history } = this;
    const options = { client, kind, member, history, coordinators, records, toleratesRot, onFenced };
    const consumer = kind === 'consumer' ? new ModernConsumer(options) : new ClassicConsumer(options);
    place.consumer = consumer;
    cluster.note(`${member.name} starts`);
    consumer.start();
  }

  #crash(place: Place, consumer: GroupConsumer): void {
    const { random, cluster } = this.#options;
    const announced = random.next() < 0.7;
    cluster.note(`${consumer.member.name} crashes${announced ? '' : ' with its machine'}`);
    this.#end(consumer, announced);
    place.consumer = undefined;
    if (random.next() < 0.5) this.#later(() => this.#haunt(consumer));
  }

  /** Commits of a process that is no more, as who it was. */
  #haunt({ member, reader }: GroupConsumer): void {
    const { newClient, coordinators, cluster } = this.#options;
    const { history } = this;
    const { groupId, memberId, instanceId: groupInstanceId, epoch: generationIdOrMemberEpoch } = member;
    const client = newClient();
    const link = new CoordinatorLink({ client, groupId, coordinators });
    client.spawn(async () => {
      await client.refresh();
      const topicId = client.topicId(sharedTopic);
      if (topicId === undefined || reader.progress.length === 0) return;
      cluster.note(`${member.name} is back as a zombie`);
      const attempts = reader.progress.map((attempt) => ({ attempt, tell: history.onCommit(member, attempt) }));
      const partitions = attempts.map(({ attempt }) => ({
        partitionIndex: attempt.partition,
        committedOffset: attempt.offset,
        committedLeaderEpoch: attempt.leaderEpoch,
        committedMetadata: '',
      }));
      const topics = [{ name: sharedTopic, topicId, partitions }];
      const request = { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch, topics };
      const answer = await link.ask(OffsetCommit, request, { channel: 'offsets' });
      for (const { partitionIndex, errorCode } of answer?.response.topics[0]?.partitions ?? []) {
        attempts.find(({ attempt }) => attempt.partition === partitionIndex)?.tell(errorCode);
      }
    });
  }

  #leave(place: Place, consumer: GroupConsumer): void {
    this.#options.cluster.note(`${consumer.member.name} leaves`);
    place.consumer = undefined;
    consumer.leave(() => this.#end(consumer, true));
  }

  #forAWhile(consumer: GroupConsumer, what: string, begin: () => void): void {
    this.#options.cluster.note(`${consumer.member.name} ${what}`);
    begin();
    this.#later(() => this.#goOn(consumer));
  }

  /** Requests are lost, or answers to what was done, or both. */
  #cutOff({ member, client }: GroupConsumer): void {
    const { cluster, random } = this.#options;
    const node = cluster.nodes[random.below(cluster.nodes.length)];
    if (node === undefined) return;
    const to = cluster.fabric.link(client.hostName, node.hostName);
    const from = cluster.fabric.link(node.hostName, client.hostName);
    const cuts = [[to], [from], [to, from]][random.below(3)] ?? [];
    cluster.note(`${member.name} is cut off from node ${node.id}${cuts.length < 2 ? ', one way' : ''}`);
    for (const link of cuts) link.cut();
    this.#later(() => {
      for (const link of cuts) link.heal();
    });
  }

  #goOn(consumer: GroupConsumer): void {
    const { owner } = consumer.client;
    consumer.stalls = false;
    if (owner.paused && !owner.dead) this.#options.cluster.scheduler.resume(owner);
  }

  /** Whatever comes after the time of trouble does no harm. */
  #later(run: () => void): void {
    const { cluster, random } = this.#options;
    cluster.scheduler.after(longestAwayMs * random.next(), undefined, 'group', run);
  }

  #end(consumer: GroupConsumer, announced: boolean): void {
    const { cluster } = this.#options;
    const { owner } = consumer.client;
    this.history.onGone(consumer.member);
    if (owner.dead) return;
    owner.dead = true;
    owner.parked.length = 0;
    cluster.fabric.abandon(owner, announced);
  }
}
