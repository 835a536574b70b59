/**
 * The transitions of a classic group: when a rebalance begins, when its join phase ends, when it is called off, and
 * what becomes of members that are silent. `prepareRebalance`, `completeJoin`, `propagateAssignment` and
 * `becomeEmpty` are the only ways between states.
 */
import { ErrorCode } from '@tidelog/protocol';
import { newMemberJoinTimeoutMs } from '../group-config.ts';
import type { GroupHost, GroupTurn } from '../group-host.ts';
import { emptyBytes, type ClassicGroup, type ClassicMember } from './classic-group.ts';
import { classicGroupRecord, subscribedTopicsOf } from './classic-records.ts';
import { currentGeneration, joinError, syncError, syncResponse } from './classic-responses.ts';

/**
 * Of joining and of syncing, whatever the members say: static ones may all miss a rebalance and are waited for anew,
 * and with a timeout of 0 that would never end.
 */
const minPhaseMs = 1000;

export class ClassicRebalance {
  readonly #host: GroupHost;

  constructor(host: GroupHost) {
    this.#host = host;
  }

  /** A member came, left or changed its mind. */
  rebalanceOrCompleteJoin(group: ClassicGroup, turn: GroupTurn): void {
    if (group.state === 'PreparingRebalance') this.maybeCompleteJoin(group, turn);
    else if (group.state !== 'Dead') this.prepareRebalance(group, turn);
  }

  prepareRebalance(group: ClassicGroup, turn: GroupTurn): void {
    const { timers, config } = this.#host;
    if (group.state === 'CompletingRebalance') this.failSyncs(group, ErrorCode.REBALANCE_IN_PROGRESS, turn);
    group.pendingSyncs.clear();
    timers.cancel(group.syncTimer);
    const isInitial = group.state === 'Empty';
    group.become('PreparingRebalance', turn.wall);
    if (isInitial) {
      group.newMemberAdded = false;
      const delayMs = Math.min(config.initialRebalanceDelayMs, group.rebalanceTimeoutMs);
      this.#delayInitial(group, { delayMs, remainingMs: group.rebalanceTimeoutMs - delayMs }, turn);
    } else if (group.allMembersJoined) {
      this.completeJoin(group, turn);
    } else {
      this.#armJoin(group, turn);
    }
  }

  maybeCompleteJoin(group: ClassicGroup, turn: GroupTurn): void {
    const mayComplete = group.state === 'PreparingRebalance' && group.previousState !== 'Empty';
    if (mayComplete && group.allMembersJoined) this.completeJoin(group, turn);
  }

  /** The join phase is over: a new generation begins with those who are there. */
  completeJoin(group: ClassicGroup, turn: GroupTurn): void {
    const { timers } = this.#host;
    timers.cancel(group.joinTimer);
    if (group.state !== 'PreparingRebalance') return;
    for (const member of Array.from(group.members.values())) {
      if (member.awaitingJoin === undefined && member.groupInstanceId === null) this.#drop(group, member);
    }
    if (group.members.size > 0 && !group.electLeader()) return this.#armJoin(group, turn);
    group.generationId++;
    if (group.members.size === 0) return this.#becomeEmpty(group, turn);
    group.protocolName = group.selectProtocol();
    group.subscribedTopics = subscribedTopicsOf(group);
    group.become('CompletingRebalance', turn.wall);
    const joined = currentGeneration(group);
    for (const member of group.members.values()) {
      group.pendingSyncs.add(member.memberId);
      const to = member.awaitingJoin;
      if (to !== undefined) turn.reply(to, joined(member));
      group.awaitJoin(member, undefined);
      member.isNew = false;
      this.armSession(group, member, turn);
    }
    this.#armSync(group, turn);
  }

  /** The leader's assignment is in the log: the generation is stable. */
  propagateAssignment(group: ClassicGroup, assignments: ReadonlyMap<string, Buffer>, turn: GroupTurn): void {
    group.isPersisted = true;
    for (const member of group.members.values()) member.assignment = assignments.get(member.memberId) ?? emptyBytes;
    group.become('Stable', turn.wall);
    for (const member of group.members.values()) {
      const to = member.awaitingSync;
      if (to === undefined) continue;
      member.awaitingSync = undefined;
      turn.answer(to, syncResponse(group, member.assignment));
      this.synced(group, member, turn);
    }
  }

  failSyncs(group: ClassicGroup, error: ErrorCode, turn: GroupTurn): void {
    for (const member of group.members.values()) {
      member.assignment = emptyBytes;
      if (member.awaitingSync === undefined) continue;
      turn.answer(member.awaitingSync, syncError(error));
      member.awaitingSync = undefined;
      this.armSession(group, member, turn);
    }
  }

  synced(group: ClassicGroup, member: ClassicMember, turn: GroupTurn): void {
    group.pendingSyncs.delete(member.memberId);
    if (group.pendingSyncs.size === 0) this.#host.timers.cancel(group.syncTimer);
    this.armSession(group, member, turn);
  }

  /** Takes a member out and tells whoever waits for it. */
  removeMember(group: ClassicGroup, member: ClassicMember, turn: GroupTurn): void {
    if (member.awaitingJoin !== undefined) {
      turn.answer(member.awaitingJoin, joinError(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId));
    }
    if (member.awaitingSync !== undefined) turn.answer(member.awaitingSync, syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    this.#drop(group, member);
    this.rebalanceOrCompleteJoin(group, turn);
  }

  removePending(group: ClassicGroup, memberId: string, turn: GroupTurn): void {
    const timer = group.pendingJoins.get(memberId);
    if (timer !== undefined) this.#host.timers.cancel(timer);
    group.pendingJoins.delete(memberId);
    this.maybeCompleteJoin(group, turn);
  }

  addPending(group: ClassicGroup, memberId: string, { timeoutMs, turn }: { timeoutMs: number; turn: GroupTurn }): void {
    const { timers } = this.#host;
    const timer = timers.timer((late: GroupTurn) => this.removePending(group, memberId, late));
    group.pendingJoins.set(memberId, timer);
    timers.arm(timer, turn.now + timeoutMs);
  }

  armSession(_group: ClassicGroup, member: ClassicMember, turn: GroupTurn): void {
    const timeoutMs = member.isNew ? newMemberJoinTimeoutMs : member.sessionTimeoutMs;
    this.#host.timers.arm(member.session, turn.now + timeoutMs);
  }

  /** A session has run out. Members that wait for the coordinator are not silent: it is not their turn to speak. */
  expire(group: ClassicGroup, memberId: string, turn: GroupTurn): void {
    const member = group.members.get(memberId);
    if (member === undefined || group.state === 'Dead') return;
    const waits = member.awaitingJoin !== undefined || member.awaitingSync !== undefined;
    if (waits && !member.isNew) this.armSession(group, member, turn);
    else this.removeMember(group, member, turn);
  }

  #drop(group: ClassicGroup, member: ClassicMember): void {
    this.#host.timers.cancel(member.session);
    group.remove(member);
  }

  #becomeEmpty(group: ClassicGroup, turn: GroupTurn): void {
    group.protocolName = null;
    group.leaderId = null;
    group.subscribedTopics = undefined;
    group.become('Empty', turn.wall);
    group.isPersisted = true;
    turn.append(classicGroupRecord(group));
  }

  /** The first members of a group wait for more, anew with each that comes, as long as none waits too long. */
  #delayInitial(group: ClassicGroup, wait: { delayMs: number; remainingMs: number }, turn: GroupTurn): void {
    const { timers, config } = this.#host;
    const { joinTimer } = group;
    this.#onJoinDue.set(group, (late) => {
      if (!group.newMemberAdded || wait.remainingMs <= 0) return this.completeJoin(group, late);
      group.newMemberAdded = false;
      const delayMs = Math.min(config.initialRebalanceDelayMs, wait.remainingMs);
      this.#delayInitial(group, { delayMs, remainingMs: wait.remainingMs - delayMs }, late);
    });
    timers.arm(joinTimer, turn.now + wait.delayMs);
  }

  #armJoin(group: ClassicGroup, turn: GroupTurn): void {
    this.#onJoinDue.set(group, (late) => this.completeJoin(group, late));
    this.#host.timers.arm(group.joinTimer, turn.now + Math.max(minPhaseMs, group.rebalanceTimeoutMs));
  }

  readonly #onJoinDue = new WeakMap<ClassicGroup, (turn: GroupTurn) => void>();

  /** The join phase has lasted as long as it may. */
  joinDue(group: ClassicGroup, turn: GroupTurn): void {
    this.#onJoinDue.get(group)?.(turn);
  }

  #armSync(group: ClassicGroup, turn: GroupTurn): void {
    this.#host.timers.arm(group.syncTimer, turn.now + Math.max(minPhaseMs, group.rebalanceTimeoutMs));
  }

  /** Members that joined and never synced hold up the others: they go. */
  syncDue(group: ClassicGroup, turn: GroupTurn): void {
    if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return;
    const silent = Array.from(group.pendingSyncs);
    if (silent.length === 0) return;
    for (const memberId of silent) {
      const member = group.members.get(memberId);
      if (member !== undefined) this.#drop(group, member);
    }
    group.pendingSyncs.clear();
    this.prepareRebalance(group, turn);
  }
}
