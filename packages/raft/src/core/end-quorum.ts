/**
 * The end of a leadership: a leader that stops or resigns tells the voters (EndQuorumEpoch), the most advanced of
 * which stands for election at once and the others a little later each, should it fail. A node that was asked to stop
 * is done when everybody has heard, or has proven to be out of reach.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { Call } from './calls.ts';
import { learnLeader } from './election.ts';
import type { Member } from './member.ts';
import type { EndQuorumEpochRequest, EndQuorumEpochResponse } from './messages.ts';
import { mayBeReplica } from './replica-key.ts';
import type { Resigned } from './states.ts';
import { becomeProspective, becomeResigned, becomeUnattached } from './transitions.ts';

export function handleEndQuorumEpoch(member: Member, token: number, request: EndQuorumEpochRequest): void {
  const error = acceptEnd(member, request);
  member.answer(token, { ...member.leaderInfo(error), kind: 'endQuorumEpoch' });
}

function acceptEnd(member: Member, { leaderId, epoch, preferredCandidates }: EndQuorumEpochRequest): ErrorCode {
  if (epoch < member.epoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (leaderId < 0 || leaderId === member.local.id) return ErrorCode.INVALID_REQUEST;
  if (epoch === member.epoch && member.leaderId >= 0 && member.leaderId !== leaderId) return ErrorCode.INVALID_REQUEST;
  if (epoch > member.epoch) becomeUnattached(member, { epoch, leaderId });
  const rank = preferredCandidates.findIndex((candidate) => mayBeReplica(candidate, member.local));
  const at = successionTime(member, rank < 0 ? preferredCandidates.length : rank);
  const { role } = member;
  if (role.role === 'follower') {
    role.leaderGone = true;
    role.fetchDeadline = Math.min(role.fetchDeadline, at);
  } else if (role.role === 'unattached' && member.isVoter) {
    role.electionDeadline = Math.min(role.electionDeadline, at);
  }
  return ErrorCode.NONE;
}

/** The first stands at once, each further one after twice the time of the one before. */
function successionTime({ now, config, random }: Member, rank: number): number {
  if (rank === 0) return now;
  const most = config.electionBackoffMaxMs;
  return now + Math.min(most, config.retryBackoffMs * 2 ** rank) + random.below(config.retryBackoffMs + 1);
}

export function requestShutdown(member: Member): void {
  if (member.shutdownDeadline !== undefined) return;
  member.shutdownDeadline = member.now + member.config.requestTimeoutMs;
  if (member.role.role === 'leader' && member.peers.length > 0) becomeResigned(member, 'it is shutting down');
}

export function pollResigned(member: Member, role: Resigned): void {
  for (const peer of member.peers) {
    if (!role.unacknowledged.has(peer.nodeId)) continue;
    const { preferredCandidates, epoch } = role;
    const endpoints = member.options.endpoints;
    member.send(peer, { kind: 'endQuorumEpoch', leaderId: member.local.id, epoch, preferredCandidates, endpoints });
  }
  if (member.shutdownDeadline !== undefined) return;
  // Nobody tells a leader that was removed who the next one is: it asks around once a majority can elect one.
  const { size, majority } = member.log.voters;
  const isLet = !member.isVoter && role.unacknowledged.size <= size - majority;
  if (member.now < role.electionDeadline && !isLet) return;
  if (member.isVoter) becomeProspective(member);
  else becomeUnattached(member, { epoch: role.epoch });
}

/** True once nothing is left to do but to stop. */
export function isShutdownDone({ role, now, shutdownDeadline }: Member): boolean {
  if (shutdownDeadline === undefined) return false;
  return now >= shutdownDeadline || role.role !== 'resigned' || role.unacknowledged.size === 0;
}

export function onEndQuorumEpochResponse(member: Member, call: Call, response: EndQuorumEpochResponse): void {
  if (learnLeader(member, response)) return;
  const { role } = member;
  // Fenced or not a voter: either way it needs no leader's farewell.
  if (role.role === 'resigned') role.unacknowledged.delete(call.to.nodeId);
}

export function onEndQuorumEpochFailed({ role, shutdownDeadline }: Member, call: Call): void {
  if (role.role === 'resigned' && shutdownDeadline !== undefined) role.unacknowledged.delete(call.to.nodeId);
}
