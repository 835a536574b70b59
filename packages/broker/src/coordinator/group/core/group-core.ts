/**
 * The groups of one partition of __consumer_offsets: a ShardCore. It finds the group that an input is about and gives
 * it to the part that knows what to do; each part is a file of its own:
 *
 *   classic/   the classic protocol            offsets/   committed offsets, expiry
 *   consumer/  the consumer protocol (KIP-848)
 */
import type { Millis } from '@tidelog/core';
import type { MetadataImage } from '@tidelog/metadata';
import { ErrorCode } from '@tidelog/protocol';
import type { EncodedRecord, LoadedRecord, ShardCore } from '../../runtime/core/shard-core.ts';
import { SoftDeadlines } from '../../runtime/core/soft-deadlines.ts';
import { Timeline } from '../../runtime/core/timeline.ts';
import type { Requester } from '../../runtime/core/turn.ts';
import { ClassicGroups } from './classic/classic-groups.ts';
import { canBeWritten, ClassicJoin, type JoinInput, type StaticReplaced } from './classic/classic-join.ts';
import { ClassicMembership, type AssignmentWritten } from './classic/classic-membership.ts';
import { ClassicRebalance } from './classic/classic-rebalance.ts';
import { joinError, syncError } from './classic/classic-responses.ts';
import { ConsumerGroups } from './consumer/consumer-groups.ts';
import type { GroupConfig } from './group-config.ts';
import type { Group, GroupHost, GroupTurn, OnDue, TopicPatterns } from './group-host.ts';
import type { GroupInput } from './group-inputs.ts';
import { decodeGroupRecord, encodeGroupRecord } from './group-record-codec.ts';
import type { GroupRecord } from './group-records.ts';
import { describedClassic, listedGroup } from './group-views.ts';
import { OffsetExpiry } from './offsets/offset-expiry.ts';
import { OffsetRecordReader, offsetRecordTypes } from './offsets/offset-record-codec.ts';
import { OffsetRequests } from './offsets/offset-requests.ts';
import { OffsetStore } from './offsets/offset-store.ts';

export interface GroupCoreOptions {
  readonly config: GroupConfig;
  readonly timingsOf: GroupHost['timingsOf'];
  readonly patterns: TopicPatterns;
  /** The newest metadata: asked for when the shard is made, and when it has loaded. */
  readonly image: () => MetadataImage;
}

/** Between two slices of work that take a few milliseconds each. */
const nextSliceMs = 1;
/** After a shard has loaded: when the rush of those who look for their coordinator is over. */
const firstExpiryMs = 5000;

type Settled = StaticReplaced | AssignmentWritten;

export class GroupCore implements ShardCore<GroupInput, GroupRecord> {
  readonly timeline = new Timeline();
  readonly groups = new Map<string, Group>();
  readonly offsets = new OffsetStore(this.timeline);
  readonly #timers = new SoftDeadlines<OnDue>();
  readonly #config: GroupConfig;
  readonly #classic: ClassicGroups;
  readonly #rebalance: ClassicRebalance;
  readonly #joins: ClassicJoin;
  readonly #membership: ClassicMembership;
  readonly #consumer: ConsumerGroups;
  readonly #offsetRequests: OffsetRequests;
  readonly #reader = new OffsetRecordReader();
  readonly #expiry: OffsetExpiry;
  readonly #expiryTimer = this.#timers.timer((turn: GroupTurn) => this.#expire(turn));
  readonly #newestImage: () => MetadataImage;
  #image: MetadataImage;

  constructor({ config, timingsOf, patterns, image }: GroupCoreOptions) {
    this.#config = config;
    this.#newestImage = image;
    this.#image = image();
    const host: GroupHost = {
      config,
      timingsOf,
      patterns,
      timeline: this.timeline,
      timers: this.#timers,
      groups: this.groups,
      offsets: this.offsets,
      image: () => this.#image,
      write: (record, turn) => this.#write(record, turn),
    };
    this.#rebalance = new ClassicRebalance(host);
    this.#classic = new ClassicGroups(host, this.#rebalance);
    this.#joins = new ClassicJoin(host, this.#rebalance);
    this.#membership = new ClassicMembership(this.#rebalance);
    this.#consumer = new ConsumerGroups(host, this.#classic, this.#rebalance);
    this.#expiry = new OffsetExpiry(host, (groupId, turn) => this.#forget(groupId, turn));
    this.#offsetRequests = new OffsetRequests(host, (group, memberId, turn) => {
      const member = group.members.get(memberId);
      if (member !== undefined) this.#rebalance.armSession(group, member, turn);
    });
  }

  step(input: GroupInput, turn: GroupTurn): void {
    switch (input.type) {
      case 'join':
        return this.#join(input, turn);
      case 'sync': {
        const group = this.groups.get(input.request.groupId);
        if (group?.kind === 'classic') return this.#membership.sync(group, input, turn);
        if (group?.kind === 'consumer') return this.#consumer.bridge.sync(group, input, turn);
        return turn.answer(input.to, syncError(ErrorCode.UNKNOWN_MEMBER_ID));
      }
      case 'heartbeat':
        return turn.answer(input.to, { errorCode: this.#heartbeat(input.request, turn) });
      case 'leave': {
        const group = this.groups.get(input.groupId);
        if (group?.kind === 'consumer')
          return turn.reply(input.to, this.#consumer.bridge.leave(group, input.members, turn));
        return turn.reply(input.to, this.#membership.leave(group, input.members, turn));
      }
      case 'commitOffsets':
        return this.#commit(input, turn);
      case 'fetchOffsets':
        return this.#offsetRequests.fetch(this.groups.get(input.groupId), input, turn);
      case 'consumerHeartbeat':
        return this.#consumer.heartbeat(input, turn);
      case 'metadataChanged':
        return this.#onMetadata(input, turn);
      case 'transactionEnded':
        return this.offsets.endTransaction(input.producerId, input.isCommit);
      default:
        return this.#administer(input, turn);
    }
  }

  #administer(
    input: Extract<
      GroupInput,
      { type: 'deleteOffsets' | 'deleteGroup' | 'describeClassic' | 'describeConsumer' | 'list' }
    >,
    turn: GroupTurn,
  ): void {
    const { to } = input;
    switch (input.type) {
      case 'deleteOffsets': {
        const group = this.groups.get(input.request.groupId);
        return turn.reply(to, this.#offsetRequests.delete(group, input.request, turn));
      }
      case 'deleteGroup':
        return turn.reply(to, this.#deleteGroup(input.groupId, turn));
      case 'describeClassic':
        return turn.reply(to, describedClassic(input.groupId, this.groups.get(input.groupId)));
      case 'describeConsumer':
        return turn.reply(to, this.#consumer.describe(input.groupId));
      case 'list':
        return turn.reply(to, this.#list());
    }
  }

  appended(token: unknown, error: ErrorCode, turn: GroupTurn): void {
    const settled = token as Settled;
    if (settled.type === 'staticReplaced') this.#joins.replaced(settled, error, turn);
    else this.#membership.assignmentWritten(settled, error, turn);
  }

  tick(turn: GroupTurn): void {
    for (let due = this.#timers.popDue(turn.now); due !== undefined; due = this.#timers.popDue(turn.now)) due(turn);
  }

  nextDeadline(): Millis {
    return this.#timers.nextDeadline();
  }

  encode(record: GroupRecord): EncodedRecord {
    return encodeGroupRecord(record);
  }

  load({ key, value, producerId }: LoadedRecord): void {
    if (key.length < 2) return;
    if (offsetRecordTypes.has(key.readInt16BE(0))) {
      this.offsets.replay(this.#reader.read(key, value), producerId);
      return;
    }
    const record = decodeGroupRecord(key, value);
    if (record !== undefined) this.#replay(record);
  }

  loadMarker({ producerId, isCommit }: { readonly producerId: number; readonly isCommit: boolean }): void {
    this.offsets.endTransaction(producerId, isCommit);
  }

  loaded(turn: GroupTurn): void {
    this.#image = this.#newestImage();
    for (const group of this.groups.values()) {
      if (group.kind === 'classic') this.#classic.loaded(group, turn);
      else this.#consumer.armTimers(group, turn);
    }
    // Topics may have been deleted while nobody coordinated these groups.
    const delayMs = Math.min(firstExpiryMs, this.#config.offsetsRetentionCheckIntervalMs);
    this.#timers.arm(this.#expiryTimer, turn.now + delayMs);
  }

  reverted(turn: GroupTurn): void {
    this.#classic.reverted(turn);
    for (const group of this.groups.values()) if (group.kind === 'consumer') this.#consumer.reverted(group, turn);
  }

  *unload(): Generator<Requester> {
    yield* this.#joins.waiting();
    for (const group of this.groups.values()) {
      if (group.kind !== 'classic') continue;
      yield* this.#classic.waiting(group);
      group.state = 'Dead';
    }
  }

  #join(input: { readonly type: 'join' } & JoinInput, turn: GroupTurn): void {
    const { request, to } = input;
    const { sessionTimeoutMs, memberId, groupId } = request;
    if (!canBeWritten(input)) return turn.answer(to, joinError(ErrorCode.INVALID_REQUEST, ''));
    if (sessionTimeoutMs < this.#config.minSessionTimeoutMs || sessionTimeoutMs > this.#config.maxSessionTimeoutMs) {
      return turn.answer(to, joinError(ErrorCode.INVALID_SESSION_TIMEOUT, memberId));
    }
    let group = this.groups.get(groupId);
    if (group?.kind === 'consumer') {
      if (!group.isEmpty) return this.#consumer.bridge.join(group, input, turn);
      this.#consumer.delete(group, turn);
      group = undefined;
    }
    if (group === undefined && memberId !== '')
      return turn.answer(to, joinError(ErrorCode.UNKNOWN_MEMBER_ID, memberId));
    this.#joins.join(group ?? this.#classic.create(groupId), input, turn);
  }

  #heartbeat(request: Extract<GroupInput, { type: 'heartbeat' }>['request'], turn: GroupTurn): ErrorCode {
    const group = this.groups.get(request.groupId);
    if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (group.kind === 'consumer') return this.#consumer.bridge.heartbeat(group, request, turn);
    return this.#membership.heartbeat(group, request, turn);
  }

  #commit(input: Extract<GroupInput, { type: 'commitOffsets' }>, turn: GroupTurn): void {
    const { groupId, generationIdOrMemberEpoch } = input;
    let group = this.groups.get(groupId);
    // Offsets without members are kept under a group that shows in lists.
    if (group === undefined && generationIdOrMemberEpoch < 0) group = this.#classic.create(groupId);
    this.#offsetRequests.commit(group, input, turn);
  }

  #deleteGroup(groupId: string, turn: GroupTurn): ErrorCode {
    const group = this.groups.get(groupId);
    if (group === undefined && !this.offsets.hasAny(groupId)) return ErrorCode.GROUP_ID_NOT_FOUND;
    if (group !== undefined && !group.isEmpty) return ErrorCode.NON_EMPTY_GROUP;
    this.#offsetRequests.deleteAll(groupId, turn);
    if (group !== undefined) this.#removeGroup(group, turn);
    return ErrorCode.NONE;
  }

  #removeGroup(group: Group, turn: GroupTurn): void {
    if (group.kind === 'consumer') return this.#consumer.delete(group, turn);
    if (group.isPersisted) turn.append({ type: 'classicGroup', groupId: group.groupId, value: null });
    this.#classic.bury(group);
  }

  #list(): unknown {
    const listed = Array.from(this.groups.values(), listedGroup);
    for (const [groupId] of this.offsets.groups()) {
      if (this.groups.has(groupId) || !this.offsets.hasAny(groupId)) continue;
      listed.push({ groupId, protocolType: '', groupState: 'Empty', groupType: 'classic' });
    }
    return listed;
  }

  #onMetadata(input: Extract<GroupInput, { type: 'metadataChanged' }>, turn: GroupTurn): void {
    this.#image = input.image;
    if (input.deletedTopics.size > 0) this.#offsetRequests.deleteTopics(input.deletedTopics, turn);
    this.#consumer.onMetadata(input.changedTopics);
  }

  /** Offsets that nobody needs any more go. */
  #expire(turn: GroupTurn): void {
    const isOver = this.#expiry.advance(turn);
    const delayMs = isOver ? this.#config.offsetsRetentionCheckIntervalMs : nextSliceMs;
    this.#timers.arm(this.#expiryTimer, turn.now + delayMs);
  }

  /** And then empty groups without any. */
  #forget(groupId: string, turn: GroupTurn): void {
    if (this.offsets.hasAny(groupId) || this.offsets.hasPending(groupId)) return;
    const group = this.groups.get(groupId);
    if (group?.isEmpty === true) this.#removeGroup(group, turn);
    if (this.timeline.isClean) this.offsets.forget(groupId);
  }

  #write(record: GroupRecord, turn: GroupTurn): void {
    this.#replay(record);
    turn.append(record);
  }

  #replay(record: GroupRecord): void {
    if (record.type === 'offset') this.offsets.replay(record);
    else if (record.type === 'classicGroup') this.#classic.replay(record.groupId, record.value);
    else this.#consumer.replay(record);
  }
}
