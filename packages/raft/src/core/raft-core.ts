/**
 * The pure state machine of KRaft: pull-based Raft (KIP-595) with snapshots (KIP-630), pre-votes (KIP-996) and
 * dynamic voters (KIP-853). It only routes: what is decided is in the file of each concern, the states and their
 * transitions are in states.ts and transitions.ts, what goes in and comes out in events.ts.
 *
 * Every step looks at the clock before it looks at its input: a leader that was paused for longer than a majority
 * waits resigns before it serves anything.
 */
import { assert, unreachable, type Core } from '@tidelog/core';
import type { Call } from './calls.ts';
import { handleDescribeQuorum } from './describe.ts';
import { handleVote, onVoteResponse, pollElection } from './election.ts';
import {
  handleEndQuorumEpoch,
  isShutdownDone,
  onEndQuorumEpochFailed,
  onEndQuorumEpochResponse,
  pollResigned,
  requestShutdown,
} from './end-quorum.ts';
import type { RaftEffect, RaftInput } from './events.ts';
import { handleFetch, handleFetchSnapshot } from './fetch.ts';
import { onFetchResponse, onLeaderUnreachable, pauseFetching, pollFollower, pollUnattached } from './follower.ts';
import { append, handleBeginQuorumEpoch, onBeginQuorumEpochResponse, pollLeader } from './leader.ts';
import type { LogBatch } from './log-batch.ts';
import type { LogView } from './log-view.ts';
import { Member, type CoreOptions } from './member.ts';
import type { SentResponse, ServedRequest } from './messages.ts';
import type { PeerAddress } from './replica-key.ts';
import {
  onFetchSnapshotResponse,
  onSnapshotInstalled,
  onSnapshotPartOpened,
  onSnapshotRefused,
} from './snapshot-fetch.ts';
import { restore } from './restore.ts';
import type { Leader, RoleState } from './states.ts';
import { becomeResigned } from './transitions.ts';
import {
  handleAddVoter,
  handleRemoveVoter,
  handleUpdateVoter,
  onApiVersionsResponse,
  planKraftVersion,
  upgradeKraftVersion,
} from './voter-change.ts';
import { onVoterChangeResponse } from './voter-update.ts';

/** More transitions than that in one step mean that two states hand a member to and fro. */
const mostTransitions = 10;

export class RaftCore implements Core<RaftInput, RaftEffect> {
  readonly #member: Member;

  constructor(options: CoreOptions) {
    this.#member = new Member(options);
  }

  get role(): RoleState {
    return this.#member.role;
  }

  get log(): Readonly<LogView> {
    return this.#member.log;
  }

  get isVoter(): boolean {
    return this.#member.isVoter;
  }

  get leaderId(): number {
    return this.#member.leaderId;
  }

  get leaderAddress(): PeerAddress | undefined {
    return this.#member.leaderAddress;
  }

  step(input: RaftInput, now: number, out: RaftEffect[]): void {
    const member = this.#member;
    if (member.isShutDown) return;
    member.begin(now, out);
    if (input.kind === 'started') restore(member);
    else this.#expire();
    this.#take(input);
    this.#poll();
    this.#finish();
  }

  /** Appends values as one batch; undefined when this member does not lead in that epoch (any more). */
  propose(
    { values, epoch }: { values: readonly Buffer[]; epoch: number },
    now: number,
    out: RaftEffect[],
  ): LogBatch | undefined {
    const member = this.#member;
    if (member.isShutDown) return undefined;
    member.begin(now, out);
    this.#expire();
    const leader = this.#leaderOf(epoch);
    const batch = leader && append(member, leader, values);
    this.#poll();
    this.#finish();
    return batch;
  }

  /** Why kraft.version can not be raised to that in the epoch; undefined when it can, or is there already. */
  refuseKraftVersion({ epoch, version }: { readonly epoch: number; readonly version: number }): string | undefined {
    const leader = this.#leaderOf(epoch);
    if (leader === undefined) return `this node does not lead the quorum in epoch ${epoch}`;
    const plan = planKraftVersion(this.#member, leader, version);
    return typeof plan === 'string' ? plan : undefined;
  }

  nextDeadline(): number {
    const member = this.#member;
    if (member.isShutDown) return Infinity;
    const deadlines = [...roleDeadlines(member), member.shutdownDeadline ?? Infinity, member.calls.nextDeadline()];
    // What is due was looked at in the last step; where it waits for something else, an input will tell.
    return Math.min(...deadlines.map((deadline) => (deadline > member.now ? deadline : Infinity)));
  }

  #take(input: RaftInput): void {
    const member = this.#member;
    switch (input.kind) {
      case 'started':
      case 'tick':
        return;
      case 'shutdownRequested':
        return requestShutdown(member);
      case 'resigned':
        if (this.#leaderOf(input.epoch) !== undefined) becomeResigned(member, input.reason);
        return;
      case 'kraftVersionProposed': {
        const leader = this.#leaderOf(input.epoch);
        if (leader !== undefined) upgradeKraftVersion(member, leader, input.version);
        return;
      }
      case 'written':
        member.log.readableOffset = Math.min(
          Math.max(member.log.readableOffset, input.endOffset),
          member.log.endOffset,
        );
        return;
      case 'appended':
        member.log.syncedOffset = Math.min(Math.max(member.log.syncedOffset, input.endOffset), member.log.endOffset);
        member.log.readableOffset = Math.max(member.log.readableOffset, member.log.syncedOffset);
        return;
      case 'appendFailed':
        return this.#onAppendFailed(input.endOffset, input.detail);
      case 'requestReceived':
        return this.#serve(input.token, input.request);
      case 'responseReceived': {
        const call = member.calls.finish(input.correlation);
        if (call !== undefined) this.#onResponse(call, input.response);
        return;
      }
      case 'requestFailed': {
        const call = member.calls.finish(input.correlation);
        if (call !== undefined) this.#onFailure(call);
        return;
      }
      case 'snapshotCreated':
        return member.log.addSnapshot(input.id);
      case 'logCleaned':
        return member.log.cleanedTo(input.startOffset);
      case 'snapshotPartOpened':
        return onSnapshotPartOpened(member, input.id, input.position);
      case 'snapshotInstalled':
        return onSnapshotInstalled(member, input);
      case 'snapshotRefused':
        return onSnapshotRefused(member, input.id, input.detail);
      default:
        return unreachable(input);
    }
  }

  #serve(token: number, request: ServedRequest): void {
    const member = this.#member;
    switch (request.kind) {
      case 'vote':
        return handleVote(member, token, request);
      case 'beginQuorumEpoch':
        return handleBeginQuorumEpoch(member, token, request);
      case 'endQuorumEpoch':
        return handleEndQuorumEpoch(member, token, request);
      case 'fetch':
        return handleFetch(member, token, request);
      case 'fetchSnapshot':
        return handleFetchSnapshot(member, token, request);
      case 'addVoter':
        return handleAddVoter(member, token, request);
      case 'removeVoter':
        return handleRemoveVoter(member, token, request);
      case 'updateVoter':
        return handleUpdateVoter(member, token, request);
      case 'describeQuorum':
        return handleDescribeQuorum(member, token);
      default:
        return unreachable(request);
    }
  }

  #onResponse(call: Call, response: SentResponse): void {
    const member = this.#member;
    switch (response.kind) {
      case 'vote':
        return onVoteResponse(member, call, response);
      case 'beginQuorumEpoch':
        return onBeginQuorumEpochResponse(member, call, response);
      case 'endQuorumEpoch':
        return onEndQuorumEpochResponse(member, call, response);
      case 'fetch':
        return onFetchResponse(member, call, response);
      case 'fetchSnapshot':
        return onFetchSnapshotResponse(member, call, response);
      case 'addVoter':
      case 'removeVoter':
      case 'updateVoter':
        return onVoterChangeResponse(member, response);
      case 'apiVersions':
        return onApiVersionsResponse(member, call, response);
      default:
        return unreachable(response);
    }
  }

  #onFailure(call: Call): void {
    onLeaderUnreachable(this.#member, call);
    if (call.request.kind === 'endQuorumEpoch') onEndQuorumEpochFailed(this.#member, call);
  }

  #onAppendFailed(endOffset: number, detail: string): void {
    const member = this.#member;
    if (endOffset < member.log.highWatermark) {
      member.emit({ kind: 'fail', detail: `committed records were lost: ${detail}` });
      return;
    }
    member.note('warn', 'an append to the metadata log failed', { endOffset, detail });
    // What was lost may have been fetched already: this epoch must not put other records in its place.
    if (member.role.role === 'leader') becomeResigned(member, `its log could not be written: ${detail}`);
    if (endOffset < member.log.endOffset) member.log.truncateTo(endOffset);
    if (member.role.role === 'follower') pauseFetching(member, member.role);
  }

  #leaderOf(epoch: number): Leader | undefined {
    const { role } = this.#member;
    return role.role === 'leader' && role.epoch === epoch ? role : undefined;
  }

  #expire(): void {
    const member = this.#member;
    for (const call of member.calls.takeExpired(member.now)) this.#onFailure(call);
    const { role, log, local, now } = member;
    if (role.role === 'leader' && now >= role.checkQuorumDeadline && !log.voters.isOnly(local)) this.#poll();
  }

  /** Acts on what is due, until nothing changes any more. */
  #poll(): void {
    const member = this.#member;
    member.calls.dropEndedPauses(member.now);
    for (let n = 0; n < mostTransitions; n++) {
      const before = member.role;
      pollRole(member);
      if (member.role === before) return;
    }
    assert(false, () => `${member.describe()} finds no rest`);
  }

  #finish(): void {
    const member = this.#member;
    if (isShutdownDone(member)) {
      member.isShutDown = true;
      member.emit({ kind: 'finishShutdown' });
    }
    member.end();
  }
}

function pollRole(member: Member): void {
  const { role } = member;
  if (member.shutdownDeadline !== undefined && role.role !== 'resigned') return;
  switch (role.role) {
    case 'unattached':
      return pollUnattached(member, role);
    case 'follower':
      return pollFollower(member, role);
    case 'prospective':
    case 'candidate':
      return pollElection(member, role);
    case 'leader':
      return pollLeader(member, role);
    case 'resigned':
      return pollResigned(member, role);
    default:
      return unreachable(role);
  }
}

function roleDeadlines({ role, log, local }: Member): number[] {
  switch (role.role) {
    case 'unattached':
    case 'prospective':
    case 'candidate':
    case 'resigned':
      return [role.electionDeadline];
    case 'follower':
      return [role.fetchDeadline, role.voterUpdateDeadline];
    case 'leader': {
      const parked = role.parked.map(({ deadline }) => deadline);
      const checkQuorum = log.voters.isOnly(local) ? Infinity : role.checkQuorumDeadline;
      return [role.beginQuorumDeadline, checkQuorum, role.voterChange?.deadline ?? Infinity, ...parked];
    }
    default:
      return unreachable(role);
  }
}
