/**
 * A classic group: its members, who of them waits for what, and which protocols they all support.
 *
 *   Empty ─join─▶ PreparingRebalance ─all joined, or time is up─▶ CompletingRebalance ─leader synced─▶ Stable
 *     ▲                  ▲  │ nobody left                                  │ join, leave      join, leave │
 *     └──────────────────┼──┘                                              │                             │
 *                        └─────────────────────────────────────────────────┴─────────────────────────────┘
 *   any of them ─deleted, became a consumer group, unloaded─▶ Dead
 *
 * It is soft state: only the outcome of a rebalance is written to the log (ClassicGroupValue). This file keeps its
 * parts consistent with each other; when which transition happens is classic-rebalance.ts.
 */
import { must } from '@tidelog/core';
import type { SoftTimer } from '../../../runtime/core/soft-deadlines.ts';
import type { Requester } from '../../../runtime/core/turn.ts';
import type { OnDue } from '../group-host.ts';

export type ClassicState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export interface ClassicProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

export interface ClassicMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the member's order of preference. */
  protocols: readonly ClassicProtocol[];
  assignment: Buffer;
  awaitingJoin: Requester | undefined;
  awaitingSync: Requester | undefined;
  /** It has not been through a rebalance yet: it may be given up while it waits. */
  isNew: boolean;
  readonly session: SoftTimer<OnDue>;
}

export const emptyBytes: Buffer = Buffer.alloc(0);

export class ClassicGroup {
  readonly kind = 'classic';
  readonly groupId: string;
  state: ClassicState = 'Empty';
  previousState: ClassicState = 'Empty';
  /** Milliseconds since 1970, when the group came into its state; -1 when that was never written. */
  stateTimestamp = -1;
  protocolType: string | null = null;
  protocolName: string | null = null;
  generationId = 0;
  leaderId: string | null = null;
  /** Somebody joined since the initial delay began anew. */
  newMemberAdded = false;
  /** Its record is in the log: it must be deleted there with the group. */
  isPersisted = false;
  /** Of a consumer group whose subscriptions could be read. */
  subscribedTopics: ReadonlySet<string> | undefined;
  readonly members = new Map<string, ClassicMember>();
  /** Member ids by instance id. */
  readonly staticMembers = new Map<string, string>();
  /** Ids that were given out with MEMBER_ID_REQUIRED, until they join. */
  readonly pendingJoins = new Map<string, SoftTimer<OnDue>>();
  /** Members of this generation that have not synced yet. */
  readonly pendingSyncs = new Set<string>();
  readonly joinTimer: SoftTimer<OnDue>;
  readonly syncTimer: SoftTimer<OnDue>;
  readonly #supporters = new Map<string, number>();
  #awaitingJoin = 0;

  constructor(groupId: string, timers: { readonly join: SoftTimer<OnDue>; readonly sync: SoftTimer<OnDue> }) {
    this.groupId = groupId;
    this.joinTimer = timers.join;
    this.syncTimer = timers.sync;
  }

  get isEmpty(): boolean {
    return this.members.size === 0 && this.pendingJoins.size === 0;
  }

  /** It only ever stored offsets: nobody joined. */
  get isSimple(): boolean {
    return this.protocolType === null || this.protocolType === '';
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === 'consumer';
  }

  get awaitingJoin(): number {
    return this.#awaitingJoin;
  }

  get allMembersJoined(): boolean {
    return this.members.size === this.#awaitingJoin && this.pendingJoins.size === 0;
  }

  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs);
    return longest;
  }

  become(state: ClassicState, wall: number): void {
    this.previousState = this.state;
    this.state = state;
    this.stateTimestamp = wall;
  }

  add(member: ClassicMember): void {
    if (this.members.size === 0) this.leaderId = null;
    this.leaderId ??= member.memberId;
    this.members.set(member.memberId, member);
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId);
    this.pendingJoins.delete(member.memberId);
    this.#count(member.protocols, 1);
    if (member.awaitingJoin !== undefined) this.#awaitingJoin++;
  }

  /** Takes it out; whoever it left waiting is the caller's to answer. */
  remove(member: ClassicMember): void {
    if (!this.members.delete(member.memberId)) return;
    this.#count(member.protocols, -1);
    if (member.awaitingJoin !== undefined) this.#awaitingJoin--;
    this.pendingSyncs.delete(member.memberId);
    const { groupInstanceId } = member;
    if (groupInstanceId !== null && this.staticMembers.get(groupInstanceId) === member.memberId) {
      this.staticMembers.delete(groupInstanceId);
    }
    if (this.leaderId === member.memberId) this.leaderId = this.members.keys().next().value ?? null;
  }

  setProtocols(member: ClassicMember, protocols: readonly ClassicProtocol[]): void {
    this.#count(member.protocols, -1);
    member.protocols = protocols;
    this.#count(protocols, 1);
  }

  awaitJoin(member: ClassicMember, requester: Requester | undefined): void {
    this.#awaitingJoin += (requester === undefined ? 0 : 1) - (member.awaitingJoin === undefined ? 0 : 1);
    member.awaitingJoin = requester;
  }

  /** Whether a member with these protocols could take part. */
  supportsProtocols(protocolType: string, protocols: readonly ClassicProtocol[]): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0;
    if (protocolType !== this.protocolType) return false;
    return protocols.some(({ name }) => this.#supporters.get(name) === this.members.size);
  }

  /** By vote: each member is for the first of its protocols that all members support. */
  selectProtocol(): string {
    const votes = new Map<string, number>();
    for (const { protocols } of this.members.values()) {
      const vote = must(protocols.find(({ name }) => this.#supporters.get(name) === this.members.size)).name;
      votes.set(vote, (votes.get(vote) ?? 0) + 1);
    }
    return must(Array.from(votes).sort(([, a], [, b]) => b - a)[0])[0];
  }

  /** The leader if it joined, else whoever did; false when nobody has. */
  electLeader(): boolean {
    const leader = this.leaderId === null ? undefined : this.members.get(this.leaderId);
    if (leader?.awaitingJoin !== undefined) return true;
    for (const member of this.members.values()) {
      if (member.awaitingJoin === undefined) continue;
      this.leaderId = member.memberId;
      return true;
    }
    return false;
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  /** The members as their leader sees them. */
  membersForLeader(): { memberId: string; groupInstanceId: string | null; metadata: Buffer }[] {
    return Array.from(this.members.values(), (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: metadataOf(member, this.protocolName),
    }));
  }

  #count(protocols: readonly ClassicProtocol[], change: number): void {
    for (const { name } of protocols) {
      const count = (this.#supporters.get(name) ?? 0) + change;
      if (count === 0) this.#supporters.delete(name);
      else this.#supporters.set(name, count);
    }
  }
}

export function metadataOf(member: ClassicMember, protocol: string | null): Buffer {
  return member.protocols.find(({ name }) => name === protocol)?.metadata ?? emptyBytes;
}

export function sameProtocols(a: readonly ClassicProtocol[], b: readonly ClassicProtocol[]): boolean {
  return (
    a.length === b.length && a.every(({ name, metadata }, i) => name === b[i]?.name && b[i].metadata.equals(metadata))
  );
}
