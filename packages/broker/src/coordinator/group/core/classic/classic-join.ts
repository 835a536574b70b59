/**
 * JoinGroup. New dynamic members first get an id (KIP-394); a static member that comes back under its instance id takes
 * the place of its former self, without a rebalance where nothing changed (KIP-345). Responses to those who join are
 * held until the join phase ends.
 */
import { ErrorCode, type JoinGroup, type RequestOf } from '@tidelog/protocol';
import type { Requester } from '../../../runtime/core/turn.ts';
import type { GroupHost, GroupTurn, OnDue } from '../group-host.ts';
import { fitsMemberId, fitsWire } from '../text-limit.ts';
import {
  emptyBytes,
  sameProtocols,
  type ClassicGroup,
  type ClassicMember,
  type ClassicProtocol,
} from './classic-group.ts';
import { memberError } from './classic-membership.ts';
import type { ClassicRebalance } from './classic-rebalance.ts';
import { classicGroupRecord } from './classic-records.ts';
import { currentGeneration, joinError } from './classic-responses.ts';

export type JoinRequest = RequestOf<typeof JoinGroup>;

export interface ClientIdentity {
  readonly clientId: string;
  readonly clientHost: string;
}

export interface JoinInput {
  readonly request: JoinRequest;
  readonly client: ClientIdentity;
  readonly apiVersion: number;
  /** A fresh UUID for the member's id, should it need one. */
  readonly uuid: string;
  readonly to: Requester;
}

/** What `settle` brings back after a static member was replaced. */
export interface StaticReplaced {
  readonly type: 'staticReplaced';
  readonly group: ClassicGroup;
  readonly member: ClassicMember;
  readonly former: ClassicMember;
  readonly to: Requester;
  readonly apiVersion: number;
  readonly formerLeader: string | null;
}

const memberIdRequiredSince = 4;
const skipAssignmentSince = 9;

export class ClassicJoin {
  readonly #host: GroupHost;
  readonly #rebalance: ClassicRebalance;
  /** Static members whose return is on its way to the log. */
  readonly #replacing = new Set<StaticReplaced>();

  constructor(host: GroupHost, rebalance: ClassicRebalance) {
    this.#host = host;
    this.#rebalance = rebalance;
  }

  /** Who waits for the return of a static member to be committed. */
  *waiting(): Generator<Requester> {
    for (const { to } of this.#replacing) yield to;
  }

  join(group: ClassicGroup, asked: JoinInput, turn: GroupTurn): void {
    const input = { ...asked, request: { ...asked.request, protocols: ownCopies(asked.request.protocols) } };
    const { request, to } = input;
    const error = this.#check(group, request);
    if (error !== ErrorCode.NONE)
      turn.answer(to, joinError(error, error === ErrorCode.GROUP_MAX_SIZE_REACHED ? '' : request.memberId));
    else if (request.memberId === '') this.#joinNew(group, input, turn);
    else this.#joinKnown(group, input, turn);
  }

  #check(group: ClassicGroup, { memberId, protocolType, protocols }: JoinRequest): ErrorCode {
    if (group.state === 'Dead') return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    if (!this.#hasRoom(group, memberId)) return ErrorCode.GROUP_MAX_SIZE_REACHED;
    if (!group.supportsProtocols(protocolType, protocols)) return ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
    return ErrorCode.NONE;
  }

  #hasRoom(group: ClassicGroup, memberId: string): boolean {
    const { maxSize } = this.#host.config;
    const member = group.members.get(memberId);
    if (group.state === 'Empty') return true;
    if (group.state === 'PreparingRebalance') return member?.awaitingJoin !== undefined || group.awaitingJoin < maxSize;
    return member !== undefined || group.members.size < maxSize;
  }

  #joinNew(group: ClassicGroup, input: JoinInput, turn: GroupTurn): void {
    const { request, client, uuid, apiVersion, to } = input;
    const { groupInstanceId, sessionTimeoutMs } = request;
    const memberId = `${groupInstanceId ?? client.clientId}-${uuid}`;
    if (groupInstanceId !== null) {
      const former = group.members.get(group.staticMembers.get(groupInstanceId) ?? '');
      if (former === undefined) this.#add(group, memberId, { input, turn });
      else this.#replaceStatic(group, { former, memberId, input }, turn);
    } else if (apiVersion >= memberIdRequiredSince) {
      this.#rebalance.addPending(group, memberId, { timeoutMs: sessionTimeoutMs, turn });
      turn.answer(to, joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId));
    } else {
      this.#add(group, memberId, { input, turn });
    }
  }

  #joinKnown(group: ClassicGroup, input: JoinInput, turn: GroupTurn): void {
    const { request, to } = input;
    const { memberId, groupInstanceId, protocols } = request;
    const pending = group.pendingJoins.get(memberId);
    if (pending !== undefined && groupInstanceId === null) {
      this.#host.timers.cancel(pending);
      return this.#add(group, memberId, { input, turn });
    }
    const error = memberError(group, memberId, groupInstanceId);
    const member = group.members.get(memberId);
    if (member === undefined || error !== ErrorCode.NONE) return turn.answer(to, joinError(error, memberId));
    const unchanged = sameProtocols(member.protocols, protocols);
    const isSettled =
      unchanged && (group.state === 'CompletingRebalance' || (group.state === 'Stable' && !group.isLeader(memberId)));
    if (!isSettled) return this.#update(group, member, { input, turn });
    this.#rebalance.armSession(group, member, turn);
    turn.reply(to, currentGeneration(group)(member));
  }

  #add(group: ClassicGroup, memberId: string, { input, turn }: { input: JoinInput; turn: GroupTurn }): void {
    const { request, client, to } = input;
    const { groupInstanceId, rebalanceTimeoutMs, sessionTimeoutMs, protocols, protocolType } = request;
    const onDue: OnDue = (late) => this.#rebalance.expire(group, memberId, late);
    const member: ClassicMember = {
      memberId,
      groupInstanceId,
      ...client,
      rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
      sessionTimeoutMs,
      protocols,
      assignment: emptyBytes,
      awaitingJoin: to,
      awaitingSync: undefined,
      isNew: true,
      session: this.#host.timers.timer(onDue),
    };
    group.protocolType = protocolType;
    if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true;
    group.add(member);
    this.#rebalance.armSession(group, member, turn);
    this.#rebalance.rebalanceOrCompleteJoin(group, turn);
  }

  #update(group: ClassicGroup, member: ClassicMember, { input, turn }: { input: JoinInput; turn: GroupTurn }): void {
    this.#take(group, member, input);
    // A retry of a join that still waits: the one who asked before has given up.
    if (member.awaitingJoin !== undefined) {
      turn.answer(member.awaitingJoin, joinError(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId));
    }
    group.awaitJoin(member, input.to);
    this.#rebalance.armSession(group, member, turn);
    this.#rebalance.rebalanceOrCompleteJoin(group, turn);
  }

  #take(group: ClassicGroup, member: ClassicMember, { request }: JoinInput): void {
    const { rebalanceTimeoutMs, sessionTimeoutMs, protocols } = request;
    member.rebalanceTimeoutMs = rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs;
    member.sessionTimeoutMs = sessionTimeoutMs;
    group.setProtocols(member, protocols);
  }

  /** A static member is back under a new id; its former id is fenced from now on. */
  #replaceStatic(
    group: ClassicGroup,
    { former, memberId, input }: { former: ClassicMember; memberId: string; input: JoinInput },
    turn: GroupTurn,
  ): void {
    const { client, to, apiVersion } = input;
    const formerLeader = group.leaderId;
    const member = this.#succeed(group, former, { ...client, memberId }, turn);
    this.#take(group, member, input);
    this.#rebalance.armSession(group, member, turn);
    if (group.state === 'Stable' && group.selectProtocol() === group.protocolName) {
      turn.append(classicGroupRecord(group));
      const token: StaticReplaced = { type: 'staticReplaced', group, member, former, to, apiVersion, formerLeader };
      this.#replacing.add(token);
      return turn.settle(token);
    }
    group.awaitJoin(member, to);
    this.#rebalance.rebalanceOrCompleteJoin(group, turn);
  }

  #succeed(
    group: ClassicGroup,
    former: ClassicMember,
    identity: ClientIdentity & { readonly memberId: string },
    turn: GroupTurn,
  ): ClassicMember {
    const { timers } = this.#host;
    if (former.awaitingJoin !== undefined) {
      turn.answer(former.awaitingJoin, joinError(ErrorCode.FENCED_INSTANCE_ID, former.memberId));
    }
    if (former.awaitingSync !== undefined) {
      turn.answer(former.awaitingSync, {
        errorCode: ErrorCode.FENCED_INSTANCE_ID,
        protocolType: null,
        protocolName: null,
        assignment: emptyBytes,
      });
    }
    timers.cancel(former.session);
    const wasLeader = group.isLeader(former.memberId);
    const wasUnsynced = group.pendingSyncs.has(former.memberId);
    group.remove(former);
    const member: ClassicMember = {
      ...former,
      ...identity,
      awaitingJoin: undefined,
      awaitingSync: undefined,
      session: timers.timer((late) => this.#rebalance.expire(group, identity.memberId, late)),
    };
    group.add(member);
    if (wasLeader) group.leaderId = member.memberId;
    if (wasUnsynced) group.pendingSyncs.add(member.memberId);
    return member;
  }

  /** The successor is in the log, or could not be written: then its former self is put back. */
  replaced(token: StaticReplaced, error: ErrorCode, turn: GroupTurn): void {
    const { group, member, former, to, apiVersion, formerLeader } = token;
    this.#replacing.delete(token);
    if (error !== ErrorCode.NONE) {
      if (group.members.get(member.memberId) === member) this.#restore(group, { member, former }, turn);
      return turn.answer(to, joinError(error, member.memberId));
    }
    const isLeader = group.isLeader(member.memberId);
    const skipAssignment = isLeader && apiVersion >= skipAssignmentSince;
    turn.answer(to, {
      errorCode: ErrorCode.NONE,
      generationId: group.generationId,
      protocolType: group.protocolType,
      protocolName: group.protocolName,
      // A leader that cannot be told to skip the assignment hears that somebody else leads: it would assign anew.
      leader: (isLeader && !skipAssignment ? formerLeader : group.leaderId) ?? '',
      skipAssignment,
      memberId: member.memberId,
      members: skipAssignment ? group.membersForLeader() : [],
    });
  }

  #restore(
    group: ClassicGroup,
    { member, former }: { member: ClassicMember; former: ClassicMember },
    turn: GroupTurn,
  ): void {
    const wasLeader = group.isLeader(member.memberId);
    this.#host.timers.cancel(member.session);
    group.remove(member);
    former.awaitingJoin = undefined;
    former.awaitingSync = undefined;
    group.add(former);
    if (wasLeader) group.leaderId = former.memberId;
    this.#rebalance.armSession(group, former, turn);
  }
}

/** Whether every text of a join that is kept can be written again. */
export function canBeWritten({ request, client }: JoinInput): boolean {
  const { memberId, groupInstanceId, protocolType, protocols } = request;
  const namesFit = fitsMemberId(groupInstanceId) && fitsMemberId(client.clientId) && fitsWire(memberId);
  return namesFit && fitsWire(protocolType) && protocols.every(({ name }) => fitsWire(name));
}

/**
 * What is kept of a request must not keep the chunk that it came in. A name that is said twice counts once: the group
 * counts supporters by name.
 */
export function ownCopies(protocols: readonly ClassicProtocol[]): ClassicProtocol[] {
  const copies = new Map<string, ClassicProtocol>();
  for (const { name, metadata } of protocols) {
    if (!copies.has(name)) copies.set(name, { name, metadata: Buffer.from(metadata) });
  }
  return [...copies.values()];
}
