/** The classic groups of a shard: how they come to be, are read back from the log, and go. */
import { ErrorCode } from '@tidelog/protocol';
import type { Requester } from '../../../runtime/core/turn.ts';
import type { GroupHost, GroupTurn } from '../group-host.ts';
import type { ClassicGroupValue } from '../group-records.ts';
import { ClassicGroup, type ClassicMember } from './classic-group.ts';
import type { ClassicRebalance } from './classic-rebalance.ts';
import { subscribedTopicsOf } from './classic-records.ts';
import { joinError, syncError } from './classic-responses.ts';

const notAvailable = ErrorCode.COORDINATOR_NOT_AVAILABLE;

export class ClassicGroups {
  readonly #host: GroupHost;
  readonly #rebalance: ClassicRebalance;
  /** Made by decisions that were undone. */
  #undone: ClassicGroup[] = [];

  constructor(host: GroupHost, rebalance: ClassicRebalance) {
    this.#host = host;
    this.#rebalance = rebalance;
  }

  create(groupId: string): ClassicGroup {
    const { timers, groups, timeline } = this.#host;
    const group: ClassicGroup = new ClassicGroup(groupId, {
      join: timers.timer((turn: GroupTurn) => this.#rebalance.joinDue(group, turn)),
      sync: timers.timer((turn: GroupTurn) => this.#rebalance.syncDue(group, turn)),
    });
    timeline.onRevert(() => void this.#undone.push(group));
    timeline.set(groups, groupId, group);
    return group;
  }

  /** From the log: nobody waits, and no session runs until the shard serves. */
  replay(groupId: string, value: ClassicGroupValue | null): void {
    const { groups } = this.#host;
    const before = groups.get(groupId);
    if (before?.kind === 'classic') this.bury(before);
    if (value === null) return;
    const group = this.create(groupId);
    group.protocolType = value.protocolType === '' ? null : value.protocolType;
    group.protocolName = value.protocol;
    group.generationId = value.generation;
    for (const member of value.members) group.add(this.#memberOf(group, value, member));
    group.leaderId = value.leader;
    group.state = value.members.length === 0 ? 'Empty' : 'Stable';
    group.previousState = 'Empty';
    group.stateTimestamp = value.currentStateTimestamp ?? -1;
    group.isPersisted = true;
    group.subscribedTopics = subscribedTopicsOf(group);
  }

  #memberOf(
    group: ClassicGroup,
    persisted: ClassicGroupValue,
    value: ClassicGroupValue['members'][number],
  ): ClassicMember {
    const { memberId, groupInstanceId = null, clientId, clientHost, sessionTimeout, subscription, assignment } = value;
    const rebalanceTimeout = value.rebalanceTimeout ?? -1;
    return {
      memberId,
      groupInstanceId,
      clientId,
      clientHost,
      rebalanceTimeoutMs: rebalanceTimeout < 0 ? sessionTimeout : rebalanceTimeout,
      sessionTimeoutMs: sessionTimeout,
      // Copied: a member must not keep the batch it was read from in memory.
      protocols: [{ name: persisted.protocol ?? '', metadata: Buffer.from(subscription) }],
      assignment: Buffer.from(assignment),
      awaitingJoin: undefined,
      awaitingSync: undefined,
      isNew: false,
      session: this.#host.timers.timer((turn) => this.#rebalance.expire(group, memberId, turn)),
    };
  }

  /** The shard serves: sessions begin. */
  loaded(group: ClassicGroup, turn: GroupTurn): void {
    for (const member of group.members.values()) this.#rebalance.armSession(group, member, turn);
  }

  /**
   * Takes a group out of the shard; its record, if any, is the caller's to delete. Its timers run out without effect,
   * unless the decision is undone: then it is as it was.
   */
  bury(group: ClassicGroup): void {
    const { groups, timeline } = this.#host;
    timeline.assign(group, 'state', 'Dead');
    timeline.delete(groups, group.groupId);
  }

  /** Decisions were undone: groups that were made by them never were, and whoever joined them asks again. */
  reverted(turn: GroupTurn): void {
    const undone = this.#undone;
    this.#undone = [];
    for (const group of undone) {
      for (const { memberId, awaitingJoin, awaitingSync } of group.members.values()) {
        if (awaitingJoin !== undefined) turn.answer(awaitingJoin, joinError(notAvailable, memberId));
        if (awaitingSync !== undefined) turn.answer(awaitingSync, syncError(notAvailable));
      }
      group.state = 'Dead';
    }
  }

  /** Everybody who waits for the group. */
  *waiting(group: ClassicGroup): Generator<Requester> {
    for (const { awaitingJoin, awaitingSync } of group.members.values()) {
      if (awaitingJoin !== undefined) yield awaitingJoin;
      if (awaitingSync !== undefined) yield awaitingSync;
    }
  }
}
