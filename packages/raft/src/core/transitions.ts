/**
 * The only places where a member's state becomes another one.
 *
 *                        ┌────────────── refused, or time is up ─────────────┐
 *                        ▼                                                    │
 *   Unattached ──▶ Prospective ── majority of pre-votes ──▶ Candidate ────────┤
 *     ▲    │ time     ▲   │ refused                            │ majority     │
 *     │    │ is up    │   ▼                                    ▼              │
 *     │    └──────▶ Follower (where it had a leader)         Leader            │
 *     │ leader found  ▲                                        │ quorum lost,  │
 *     │               │                                        ▼ shutdown      │
 *     └─── a higher epoch, from every state                 Resigned ── time is up ──▶ Prospective
 *
 * An observer is only ever Unattached or Follower; one that was the leader until its removal, Resigned for a while.
 */
import { assert } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { ControlRecord } from './log-batch.ts';
import { addProgress } from './leader-progress.ts';
import type { Member } from './member.ts';
import type { Endpoint, PeerAddress, ReplicaKey } from './replica-key.ts';
import type { Follower, Leader, RoleState } from './states.ts';

/** How much longer than a follower's fetch timeout a leader lasts without a majority's fetches. */
const checkQuorumFactor = 1.5;

export function becomeUnattached(
  member: Member,
  { epoch, leaderId = -1, deadline }: { epoch: number; leaderId?: number; deadline?: number },
): void {
  const { role } = member;
  assert(epoch >= role.epoch, () => `${member.describe()} can not go back to epoch ${epoch}`);
  const voted = epoch === role.epoch ? voteOf(member) : undefined;
  const known = leaderId === member.local.id ? -1 : leaderId;
  const electionDeadline = member.isVoter
    ? (deadline ?? member.randomDeadline(member.config.electionTimeoutMs))
    : Infinity;
  become(member, { role: 'unattached', epoch, leaderId: known, voted, electionDeadline });
}

export function becomeFollower(
  member: Member,
  { epoch, leader, endpoints = [] }: { epoch: number; leader: PeerAddress; endpoints?: readonly Endpoint[] },
): void {
  const { role, now, config } = member;
  assert(leader.nodeId !== member.local.id, () => `${member.describe()} can not follow itself`);
  assert(epoch >= role.epoch, () => `${member.describe()} can not go back to epoch ${epoch}`);
  const voted = epoch === role.epoch ? voteOf(member) : undefined;
  member.lostElections = 0;
  become(member, {
    role: 'follower',
    epoch,
    leader,
    leaderEndpoints: endpoints,
    voted,
    fetchDeadline: now + config.fetchTimeoutMs,
    hasFetched: false,
    failures: 0,
    failingSince: now,
    leaderGone: false,
    leaderHighWatermark: -1,
    snapshot: undefined,
    voterUpdateDeadline: now,
    hasUpdatedVoter: false,
  });
}

/** Back to the leader that it followed before it asked for pre-votes. */
export function becomeFollowerAgain(member: Member, follower: Follower): void {
  const { now, config } = member;
  // A leader that is known to be gone is not waited for again; but others' elections are no longer in its way either.
  const fetchDeadline = follower.leaderGone
    ? member.electionBackoff(member.lostElections)
    : now + config.fetchTimeoutMs;
  become(member, { ...follower, fetchDeadline, hasFetched: false, snapshot: undefined });
}

export function becomeProspective(member: Member): void {
  const { role, local } = member;
  assert(member.isVoter, () => `${member.describe()} is no voter`);
  become(member, {
    role: 'prospective',
    epoch: role.epoch,
    leader: role.role === 'follower' ? role : undefined,
    voted: voteOf(member),
    votes: { granted: new Map([[local.id, local]]), refused: new Set() },
    electionDeadline: member.randomDeadline(member.config.electionTimeoutMs),
  });
}

export function becomeCandidate(member: Member): void {
  const { role, local } = member;
  assert(role.role === 'prospective', () => `${member.describe()} has not asked for pre-votes`);
  member.hasTakenPart = true;
  become(member, {
    role: 'candidate',
    epoch: role.epoch + 1,
    votes: { granted: new Map([[local.id, local]]), refused: new Set() },
    electionDeadline: member.randomDeadline(member.config.electionTimeoutMs),
  });
}

/** Begins its epoch with a LeaderChange record, and with the voters where no log holds them yet (KIP-853). */
export function becomeLeader(member: Member): void {
  const { role, log, now, config } = member;
  assert(role.role === 'candidate', () => `${member.describe()} can not lead: it is no candidate`);
  const { voters } = log;
  const epochStartOffset = log.endOffset;
  const leader: Leader = {
    role: 'leader',
    epoch: role.epoch,
    epochStartOffset,
    replicas: new Map(),
    acknowledged: new Set(),
    beginQuorumDeadline: now,
    fetchedVoters: new Set(),
    checkQuorumDeadline: now + config.fetchTimeoutMs * checkQuorumFactor,
    parked: [],
    voterChange: undefined,
    voterUpdates: new Map(),
  };
  for (const voter of voters.voters) addProgress(leader, voter);
  const controls: ControlRecord[] = [
    {
      kind: 'leaderChange',
      offset: epochStartOffset,
      leaderId: member.local.id,
      voters: voters.voters,
      grantingVoters: [...role.votes.granted.values()],
    },
  ];
  if (log.kraftVersion > 0 && log.voterSets.latest.offset < 0) {
    controls.push({ kind: 'kraftVersion', offset: epochStartOffset + 1, version: log.kraftVersion });
    controls.push({ kind: 'voters', offset: epochStartOffset + 2, voters });
  }
  member.lostElections = 0;
  become(member, leader);
  const lastOffset = epochStartOffset + controls.length - 1;
  const payload = { kind: 'controls' } as const;
  member.append({ baseOffset: epochStartOffset, lastOffset, epoch: leader.epoch, controls, payload });
}

/** The leader hands over to its most advanced voters, the best first. */
export function becomeResigned(member: Member, reason: string): void {
  const { role, log, local } = member;
  assert(role.role === 'leader', () => `${member.describe()} has nothing to resign from`);
  const successors = [...role.replicas.values()]
    .filter(({ key }) => key.id !== local.id && log.voters.has(key))
    .sort((a, b) => b.endOffset - a.endOffset)
    .map(({ key }): ReplicaKey => key);
  member.note('warn', 'resigned from leading the quorum', { reason });
  become(member, {
    role: 'resigned',
    epoch: role.epoch,
    preferredCandidates: successors,
    unacknowledged: new Set(member.peers.map((peer) => peer.nodeId)),
    electionDeadline: member.randomDeadline(member.config.electionTimeoutMs),
  });
}

/** A member that led this epoch before it was restarted: the records that it may have lost keep it from going on. */
export function becomeResignedAfterRestart(member: Member, epoch: number): void {
  become(member, {
    role: 'resigned',
    epoch,
    preferredCandidates: [],
    unacknowledged: new Set(),
    electionDeadline: member.electionBackoff(member.lostElections),
  });
}

function become(member: Member, next: RoleState): void {
  const before = member.role;
  member.role = next;
  member.calls.forgetAll();
  if (before.role !== 'leader') return;
  // Those who wait for the former leader hear at once that they must look elsewhere.
  const info = member.leaderInfo(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  for (const { token, request } of before.parked) {
    const logStartOffset = member.log.startOffset;
    const none = { diverging: undefined, snapshotId: undefined, read: undefined };
    const highWatermark = request.replica.id < 0 ? -1 : member.log.highWatermark;
    member.answer(token, { ...info, ...none, kind: 'fetch', highWatermark, logStartOffset });
  }
  const change = before.voterChange;
  if (change !== undefined && change.token >= 0) {
    const detail = 'the leader resigned before the change of voters was committed; it may still come about';
    member.answer(change.token, { ...info, kind: change.kind, detail });
  }
}

function voteOf({ role, local }: Member): ReplicaKey | undefined {
  if (role.role === 'candidate' || role.role === 'leader' || role.role === 'resigned') return local;
  return role.voted;
}
