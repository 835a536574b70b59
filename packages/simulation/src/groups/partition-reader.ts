/**
 * The reading half of a group's consumer: reads what it has been given, from where the group has committed, and commits
 * how far it has come. It goes on as long as it believes that it owns its partitions, whoever else does.
 *
 *   given ─▶ committed offset read ─▶ fetch, deliver, now and then commit ─▶ given up
 */
import {
  batchesOf,
  ErrorCode,
  errorName,
  Fetch,
  isRetriable,
  OffsetCommit,
  OffsetFetch,
  recordsOf,
  verifyCrc,
  type ResponseOf,
} from '@tidelog/protocol';
import type { PartitionHistory } from '../oracle/partition-history.ts';
import { Violation } from '../violation.ts';
import { onlyNetworkErrors, type SimClient } from '../workload/sim-client.ts';
import { nameOf } from '../workload/sim-consumer.ts';
import type { CoordinatorLink } from './coordinator-link.ts';
import { sharedTopic } from './group-settings.ts';
import type { CommitAttempt } from './oracle/committed-offsets.ts';
import type { Asked, GroupHistory } from './oracle/group-history.ts';
import type { GroupMember } from './oracle/group-member.ts';

export interface PartitionReaderOptions {
  readonly client: SimClient;
  readonly link: CoordinatorLink;
  readonly member: GroupMember;
  readonly history: GroupHistory;
  readonly records: (partition: number) => PartitionHistory | undefined;
  /** A record whose checksum is wrong is fetched again instead of reported: a disk of the cluster rots. */
  readonly toleratesRot: () => boolean;
}

interface Owned {
  readonly partition: number;
  /** The member's epoch when it was given the partition. */
  readonly since: number;
  /** Of the next record; undefined until the committed offset is known. */
  position: number | undefined;
  /** Of the record before: whoever leads in an earlier epoch may not have come so far (KIP-320). */
  leaderEpoch: number;
  committed: number;
}

type Fetched = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

const idleMs = 100;
const longestCommitIntervalMs = 1500;

export class PartitionReader {
  readonly #options: PartitionReaderOptions;
  #owned = new Map<number, Owned>();
  #nextCommitAt = 0;
  #committing: Promise<void> = Promise.resolve();

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
  }

  /** The partitions it believes to own. */
  get partitions(): number[] {
    return [...this.#owned.keys()];
  }

  /** How far it has come, as it would commit it. */
  get progress(): (CommitAttempt & { readonly leaderEpoch: number })[] {
    return [...this.#owned.values()].flatMap(({ partition, since, position, leaderEpoch }) => {
      return position === undefined ? [] : [{ partition, since, offset: position, leaderEpoch }];
    });
  }

  start(): void {
    this.#options.client.spawn(() => this.#run());
  }

  take(partitions: readonly number[], asked: Asked): void {
    const { member, history } = this.#options;
    const given = partitions.filter((partition) => !this.#owned.has(partition));
    for (const partition of given) {
      const nothing = { position: undefined, leaderEpoch: -1, committed: -1 };
      this.#owned.set(partition, { partition, since: member.epoch, ...nothing });
    }
    history.onGiven(member, given, asked);
  }

  giveUp(partitions: readonly number[] = this.partitions): void {
    for (const partition of partitions) this.#owned.delete(partition);
    this.#options.history.onGivenUp(this.#options.member, partitions);
  }

  /** Commits how far it has come; at the end it has an answer, or has given up on one. */
  commit(): Promise<void> {
    return (this.#committing = this.#committing.then(() => this.#commit()));
  }

  async #run(): Promise<void> {
    const { client } = this.#options;
    for (;;) {
      if (this.#owned.size === 0 || !(await this.#readOnce())) await client.sleep(idleMs * (1 + client.random.next()));
      if (client.now < this.#nextCommitAt) continue;
      await this.commit();
      this.#nextCommitAt = client.now + longestCommitIntervalMs * client.random.next();
    }
  }

  /** False when it should be tried again after a while. */
  async #readOnce(): Promise<boolean> {
    const { client } = this.#options;
    await this.#seek();
    let isGood = true;
    const byLeader = new Map<number, Owned[]>();
    for (const owned of this.#owned.values()) {
      const leader = client.leaderOf(sharedTopic, owned.partition);
      const isKnown = owned.position !== undefined && leader !== undefined && leader.leaderEpoch >= owned.leaderEpoch;
      if (!isKnown) {
        isGood = false;
        continue;
      }
      const others = byLeader.get(leader.nodeId);
      if (others === undefined) byLeader.set(leader.nodeId, [owned]);
      else others.push(owned);
    }
    const results = await Promise.all(Array.from(byLeader, ([nodeId, owned]) => this.#fetch(nodeId, owned)));
    if (isGood && results.every(Boolean)) return true;
    await client.refresh();
    return false;
  }

  /** Asks for the committed offsets of what has no position yet. */
  async #seek(): Promise<void> {
    const { client, link, member, history } = this.#options;
    const topicId = client.topicId(sharedTopic);
    const lost = [...this.#owned.values()].filter(({ position }) => position === undefined);
    if (lost.length === 0 || topicId === undefined) return;
    const { groupId, memberId, epoch, isClassic } = member;
    const told = new Map(lost.map((owned) => [owned, history.onOffsetFetch(owned.partition, owned.since)]));
    const topics = [{ name: sharedTopic, topicId, partitionIndexes: lost.map(({ partition }) => partition) }];
    const who = isClassic ? {} : { memberId, memberEpoch: epoch };
    const request = { groups: [{ groupId, ...who, topics }], requireStable: true };
    const answer = await link.ask(OffsetFetch, request, { channel: 'offsets' });
    const group = answer?.response.groups?.[0];
    if (answer === undefined || group === undefined) return;
    if (group.errorCode !== ErrorCode.NONE) return void link.mustRetry(group.errorCode);
    // Who was the coordinator once answers from what it knew then.
    if (!answer.wasCurrent) return void link.mustRetry(ErrorCode.NOT_COORDINATOR);
    for (const { partitionIndex, committedOffset, committedLeaderEpoch, errorCode } of group.topics[0]?.partitions ??
      []) {
      const owned = lost.find(({ partition }) => partition === partitionIndex);
      if (errorCode !== ErrorCode.NONE || owned === undefined) continue;
      told.get(owned)?.(committedOffset);
      owned.committed = committedOffset;
      owned.leaderEpoch = committedLeaderEpoch;
      owned.position = Math.max(0, committedOffset);
    }
  }

  async #fetch(nodeId: number, wanted: readonly Owned[]): Promise<boolean> {
    const { client } = this.#options;
    const topicId = client.topicId(sharedTopic);
    if (topicId === undefined) return false;
    const partitions = wanted.map(({ partition, position }) => ({
      partition,
      currentLeaderEpoch: client.leaderOf(sharedTopic, partition)?.leaderEpoch ?? -1,
      fetchOffset: position ?? 0,
      partitionMaxBytes: 16_384,
    }));
    const topics = [{ topic: sharedTopic, topicId, partitions }];
    const request = { maxWaitMs: 500, minBytes: 1, maxBytes: 65_536, topics, forgottenTopicsData: [] };
    const response = await client.send({ nodeId, channel: 'fetch' }, Fetch, request).catch(onlyNetworkErrors);
    const fetched = response?.responses[0]?.partitions ?? [];
    let isGood = fetched.length > 0 || response?.errorCode === ErrorCode.NONE;
    for (const one of fetched) {
      const owned = wanted.find(({ partition }) => partition === one.partitionIndex);
      // Meanwhile it may have been given up, or given up and given again.
      if (owned === undefined || this.#owned.get(owned.partition) !== owned) continue;
      if (!this.#deliver(owned, one)) isGood = false;
    }
    return isGood;
  }

  #deliver(owned: Owned, { errorCode, records }: Fetched): boolean {
    const { history, toleratesRot } = this.#options;
    const { partition } = owned;
    if (errorCode !== ErrorCode.NONE) {
      if (isRetriable(errorCode) || toleratesRot()) return false;
      this.#fail('unexpected refusal', partition, `a fetch at ${owned.position} is refused: ${errorName(errorCode)}`);
    }
    if (records === null) return true;
    for (const { header, bytes } of batchesOf(records)) {
      if (!verifyCrc(bytes, 0, header)) {
        if (toleratesRot()) return false;
        this.#fail('corrupt record served', partition, `the batch at ${header.baseOffset} has a wrong checksum`);
      }
      for (const { offset, value } of recordsOf(bytes)) {
        const position = owned.position ?? 0;
        if (offset < position) continue;
        if (offset > position) this.#fail('poll skip', partition, `${position} is asked for and ${offset} comes`);
        owned.position = offset + 1;
        owned.leaderEpoch = header.partitionLeaderEpoch;
        this.#options.records(partition)?.onSeen(offset, nameOf(value));
        history.delivery.onDelivered(partition, offset);
      }
    }
    return true;
  }

  async #commit(): Promise<void> {
    const { client, link, member, history } = this.#options;
    const topicId = client.topicId(sharedTopic);
    const ahead = [...this.#owned.values()].filter(({ position = -1, committed }) => position > committed);
    if (ahead.length === 0 || topicId === undefined) return;
    const attempts = ahead.map((owned) => {
      const { partition, since, position: offset = 0 } = owned;
      return { owned, offset, tell: history.onCommit(member, { partition, since, offset }) };
    });
    const partitions = attempts.map(({ owned, offset }) => ({
      partitionIndex: owned.partition,
      committedOffset: offset,
      committedLeaderEpoch: owned.leaderEpoch,
      committedMetadata: '',
    }));
    const { groupId, memberId, instanceId: groupInstanceId, epoch: generationIdOrMemberEpoch } = member;
    const topics = [{ name: sharedTopic, topicId, partitions }];
    const request = { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch, topics };
    const answer = await link.ask(OffsetCommit, request, { channel: 'offsets' });
    const results = new Map(
      answer?.response.topics[0]?.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]),
    );
    for (const { owned, offset, tell } of attempts) {
      const error = results.get(owned.partition);
      tell(error);
      if (error === ErrorCode.NONE) owned.committed = Math.max(owned.committed, offset);
      // Who is fenced hears so at its next heartbeat.
      else if (error !== undefined) link.mustRetry(error);
    }
  }

  #fail(invariant: string, partition: number, message: string): never {
    throw new Violation(invariant, `${sharedTopic}-${partition}, ${this.#options.member.name}: ${message}`);
  }
}
