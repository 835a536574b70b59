/**
 * Leading: appends what is proposed, tells the voters of the new epoch until each has answered, answers waiting fetches
 * as soon as there is something for them, and resigns when a majority has not fetched for 1.5 fetch timeouts, so that
 * a leader that is cut off does not go on for ever (check-quorum, Raft dissertation 6.2).
 */
import { ErrorCode } from '@tidelog/protocol';
import type { Call } from './calls.ts';
import { learnLeader } from './election.ts';
import type { BatchPayload, ControlRecord, LogBatch } from './log-batch.ts';
import { advanceHighWatermark, forgetSilentObservers } from './leader-progress.ts';
import type { Member } from './member.ts';
import type { BeginQuorumEpochRequest, BeginQuorumEpochResponse } from './messages.ts';
import { mayBeReplica } from './replica-key.ts';
import type { Leader } from './states.ts';
import { becomeFollower, becomeResigned, becomeUnattached } from './transitions.ts';
import { pollVoterChange } from './voter-change.ts';
import { releaseFetches } from './fetch.ts';

export function pollLeader(member: Member, role: Leader): void {
  advanceHighWatermark(member, role);
  pollVoterChange(member, role);
  if (!member.isVoter && member.log.highWatermark > member.log.voterSets.latest.offset) {
    becomeResigned(member, 'it was removed from the voters');
    return;
  }
  if (member.now >= role.checkQuorumDeadline && !member.log.voters.isOnly(member.local)) {
    becomeResigned(member, 'a majority of the voters has not fetched within 1.5 times the fetch timeout');
    return;
  }
  releaseFetches(member, role);
  if (member.now >= role.beginQuorumDeadline) beginQuorum(member, role);
}

function beginQuorum(member: Member, role: Leader): void {
  const { log, config, local, now, options } = member;
  forgetSilentObservers(member, role);
  const waiting = member.peers.filter((peer) => !role.acknowledged.has(peer.nodeId));
  role.beginQuorumDeadline = waiting.length === 0 ? now + config.fetchTimeoutMs : now + config.fetchTimeoutMs / 2;
  for (const peer of waiting) {
    const voter = log.voters.get(peer.nodeId);
    member.send(peer, {
      kind: 'beginQuorumEpoch',
      voter: voter && { id: voter.id, directoryId: voter.directoryId },
      leaderId: local.id,
      epoch: role.epoch,
      endpoints: options.endpoints,
    });
  }
}

/** A leader of this or a later epoch makes itself known. */
export function handleBeginQuorumEpoch(member: Member, token: number, request: BeginQuorumEpochRequest): void {
  const error = acceptLeader(member, request);
  member.answer(token, { ...member.leaderInfo(error), kind: 'beginQuorumEpoch' });
}

function acceptLeader(member: Member, { voter, leaderId, epoch, endpoints }: BeginQuorumEpochRequest): ErrorCode {
  if (epoch < member.epoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (leaderId < 0 || leaderId === member.local.id) return ErrorCode.INVALID_REQUEST;
  if (epoch === member.epoch && member.leaderId >= 0 && member.leaderId !== leaderId) return ErrorCode.INVALID_REQUEST;
  const endpoint = endpoints[0];
  const told = endpoint && { nodeId: leaderId, host: endpoint.host, port: endpoint.port };
  const leader = told ?? member.log.voters.addressOf(leaderId);
  const { role } = member;
  const knows =
    epoch === member.epoch && (role.role === 'follower' || role.role === 'leader' || role.role === 'resigned');
  if (leader === undefined && !knows) becomeUnattached(member, { epoch, leaderId });
  else if (leader !== undefined && !knows) becomeFollower(member, { epoch, leader, endpoints });
  if (voter !== undefined && !mayBeReplica(voter, member.local)) return ErrorCode.INVALID_VOTER_KEY;
  return ErrorCode.NONE;
}

export function onBeginQuorumEpochResponse(member: Member, call: Call, response: BeginQuorumEpochResponse): void {
  if (learnLeader(member, response)) return;
  const { role, now, config } = member;
  if (role.role !== 'leader') return;
  const voter = member.log.voters.get(call.to.nodeId);
  if (response.error === ErrorCode.NONE && voter !== undefined) {
    // An answer to Begin is no fetch: check-quorum wants to see that the voter replicates.
    role.acknowledged.add(voter.id);
    return;
  }
  member.calls.pause(call, now + config.retryBackoffMs);
  role.beginQuorumDeadline = Math.min(role.beginQuorumDeadline, now + config.retryBackoffMs);
}

/** Appends one atomic batch; the caller has checked that this member leads in the epoch. */
export function append(member: Member, role: Leader, values: readonly Buffer[]): LogBatch {
  return appendBatch(member, role, { kind: 'values', values }, values.length);
}

export function appendControl(member: Member, role: Leader, controls: readonly ControlRecord[]): LogBatch {
  return appendBatch(member, role, { kind: 'controls' }, controls.length, controls);
}

function appendBatch(
  member: Member,
  role: Leader,
  payload: BatchPayload,
  count: number,
  controls: readonly ControlRecord[] = [],
): LogBatch {
  const baseOffset = member.log.endOffset;
  const batch: LogBatch = { baseOffset, lastOffset: baseOffset + count - 1, epoch: role.epoch, controls, payload };
  member.append(batch);
  return batch;
}
