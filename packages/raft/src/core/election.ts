/**
 * Elections: pre-votes (KIP-996), votes (Raft 5.2, 5.4.1), and what is learnt from an answer of another epoch. A
 * pre-vote asks "would you?" without touching anybody's epoch, so a member may ask early and often: a voter whose
 * leader lives refuses, and nothing is disturbed. That is why a start, or a leader whose connection broke, leads to an
 * election within milliseconds here, where Kafka waits for its timeouts.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { Call } from './calls.ts';
import { mayVote, onLogSeen, preVotesNeeded } from './fresh-voter.ts';
import type { Member } from './member.ts';
import type { LeaderInfo, VoteRequest, VoteResponse } from './messages.ts';
import { mayBeReplica, sameReplica, type Endpoint } from './replica-key.ts';
import type { Candidate, Prospective } from './states.ts';
import {
  becomeCandidate,
  becomeFollower,
  becomeFollowerAgain,
  becomeLeader,
  becomeProspective,
  becomeUnattached,
} from './transitions.ts';

export function handleVote(member: Member, token: number, request: VoteRequest): void {
  member.answer(token, answerVote(member, request));
}

function answerVote(member: Member, request: VoteRequest): VoteResponse {
  const refusal = (error: ErrorCode): VoteResponse => ({ ...member.leaderInfo(error), kind: 'vote', granted: false });
  if (request.epoch < member.epoch) return refusal(ErrorCode.FENCED_LEADER_EPOCH);
  // A candidate's epoch is above its log's; somebody who asks for a pre-vote may still be in the epoch of its log.
  const epochsFit = request.preVote ? request.lastEpoch <= request.epoch : request.lastEpoch < request.epoch;
  if (!epochsFit || request.candidate.id < 0 || request.lastOffset < 0) return refusal(ErrorCode.INVALID_REQUEST);
  if (request.epoch > member.epoch) becomeUnattached(member, { epoch: request.epoch });
  if (request.voter !== undefined && !mayBeReplica(request.voter, member.local)) {
    return refusal(ErrorCode.INVALID_VOTER_KEY);
  }
  onLogSeen(member, request.candidate.id, request.lastOffset === 0);
  const granted = canGrant(member, request) && mayVote(member, request);
  if (granted && !request.preVote) giveVote(member, request);
  return { ...member.leaderInfo(), kind: 'vote', granted };
}

function canGrant(member: Member, { candidate, preVote, lastEpoch, lastOffset }: VoteRequest): boolean {
  const { role, log } = member;
  if (candidate.id === member.local.id) return false;
  const upToDate = log.isUpToDate({ epoch: lastEpoch, offset: lastOffset });
  if (role.role === 'leader') return false;
  if (role.role === 'follower') {
    // A leader that asks to be elected has lost its place, as after a restart: nobody need wait for it.
    if (preVote && candidate.id === role.leader.nodeId) role.leaderGone = true;
    return preVote && upToDate && (!role.hasFetched || role.leaderGone);
  }
  if (preVote) return upToDate;
  if (role.role === 'candidate' || role.role === 'resigned') return false;
  if (role.voted !== undefined) return sameReplica(role.voted, candidate);
  const knowsLeader = role.role === 'prospective' ? role.leader !== undefined : role.leaderId >= 0;
  return upToDate && !knowsLeader;
}

function giveVote(member: Member, { candidate }: VoteRequest): void {
  const { role } = member;
  if (role.role !== 'unattached' && role.role !== 'prospective') return;
  role.voted = candidate;
  member.hasTakenPart = true;
  if (member.isVoter) role.electionDeadline = member.randomDeadline(member.config.electionTimeoutMs);
}

/** Asks those who have not answered yet; goes on, or gives up, by what is known. */
export function pollElection(member: Member, role: Prospective | Candidate): void {
  if (decide(member, role)) return;
  const preVote = role.role === 'prospective';
  for (const peer of member.peers) {
    if (role.votes.granted.has(peer.nodeId) || role.votes.refused.has(peer.nodeId)) continue;
    const voter = member.log.voters.get(peer.nodeId);
    member.send(peer, {
      kind: 'vote',
      epoch: role.epoch,
      candidate: member.local,
      voter: voter && { id: voter.id, directoryId: voter.directoryId },
      lastEpoch: member.log.lastEpoch,
      lastOffset: member.log.endOffset,
      preVote,
    });
  }
}

/** True when the state has changed. */
function decide(member: Member, role: Prospective | Candidate): boolean {
  if (!member.isVoter) {
    becomeUnattached(member, { epoch: role.epoch });
    return true;
  }
  const { voters } = member.log;
  const count = (ids: Iterable<number>): number => [...ids].filter((id) => voters.get(id) !== undefined).length;
  const needed = role.role === 'prospective' ? preVotesNeeded(member) : voters.majority;
  if (count(role.votes.granted.keys()) >= needed) {
    if (role.role === 'prospective') becomeCandidate(member);
    else becomeLeader(member);
    return true;
  }
  // A candidate that has lost waits as well: those who lose together and start over at once would tie for ever.
  const lost = role.role === 'prospective' && count(role.votes.refused) > voters.size - voters.majority;
  if (!lost && member.now < role.electionDeadline) return false;
  member.lostElections++;
  if (role.role === 'candidate') becomeProspective(member);
  else if (role.leader !== undefined) becomeFollowerAgain(member, role.leader);
  else becomeUnattached(member, { epoch: role.epoch, deadline: member.electionBackoff(member.lostElections) });
  return true;
}

export function onVoteResponse(member: Member, call: Call, response: VoteResponse): void {
  const { role } = member;
  if (call.request.kind !== 'vote' || response.kind !== 'vote') return;
  if (learnLeader(member, response)) return;
  const asked = role.role === 'prospective' ? call.request.preVote : role.role === 'candidate';
  if (!asked || (role.role !== 'prospective' && role.role !== 'candidate')) return;
  if (role.epoch !== call.request.epoch || response.leaderEpoch > role.epoch) return;
  const peer = call.to.nodeId;
  if (response.error === ErrorCode.NONE && response.granted) {
    if (call.request.lastOffset === 0) onLogSeen(member, peer, true);
    const voter = member.log.voters.get(peer);
    role.votes.granted.set(peer, { id: peer, directoryId: voter?.directoryId ?? member.local.directoryId });
    return;
  }
  role.votes.refused.add(peer);
  if (role.role === 'candidate') {
    // Two candidates have split the votes, or one is behind: rather than for the whole timeout, wait a random moment.
    role.electionDeadline = Math.min(role.electionDeadline, member.electionBackoff(member.lostElections + 1));
  }
}

/**
 * What an answer (or a refusal) tells about epoch and leader. True when it made the member change its state, after
 * which the answer itself is of no more use.
 */
export function learnLeader(member: Member, info: LeaderInfo, endpoints?: readonly Endpoint[]): boolean {
  const { role, local } = member;
  if (info.leaderEpoch < role.epoch) return false;
  const known = info.leaderId >= 0 && info.leaderId !== local.id;
  const address = known ? (info.leader ?? member.log.voters.addressOf(info.leaderId)) : undefined;
  if (info.leaderEpoch > role.epoch) {
    if (address === undefined) becomeUnattached(member, { epoch: info.leaderEpoch, leaderId: info.leaderId });
    else follow(member, { epoch: info.leaderEpoch, leader: address, endpoints });
    return true;
  }
  if (!known || address === undefined) return false;
  // In one epoch there is one leader; one's own resignation from it is not undone by somebody who has not heard of it.
  if (role.role === 'leader' || role.role === 'resigned' || role.role === 'follower') return false;
  if (role.role === 'prospective' && role.leader !== undefined) return false;
  follow(member, { epoch: info.leaderEpoch, leader: address, endpoints });
  return true;
}

function follow(
  member: Member,
  {
    epoch,
    leader,
    endpoints,
  }: { epoch: number; leader: NonNullable<LeaderInfo['leader']>; endpoints: readonly Endpoint[] | undefined },
): void {
  becomeFollower(member, { epoch, leader, ...(endpoints && { endpoints }) });
}
