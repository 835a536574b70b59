/**
 * Following: fetches from the leader as soon as everything fetched before is on stable storage, cuts what the
 * leader's log does not have (KIP-595, KIP-320), and notices when the leader is gone: at once when it says so, soon
 * when it can not be reached, and after controller.quorum.fetch.timeout.ms when it is silent.
 */
import { ErrorCode } from '@tidelog/protocol';
import type { Call } from './calls.ts';
import { learnLeader } from './election.ts';
import { takePartOnceCaughtUp } from './fresh-voter.ts';
import type { Member } from './member.ts';
import type { FetchRequest, FetchResponse, SentRequest } from './messages.ts';
import { beginTransfer, pollTransfer } from './snapshot-fetch.ts';
import type { Follower, Unattached } from './states.ts';
import { becomeProspective, becomeUnattached } from './transitions.ts';
import { pollVoterUpdate } from './voter-update.ts';

/** Failures in a row after which the leader counts as gone; one may be no more than a connection that was closed. */
const failuresUntilGone = 3;

export function pollUnattached(member: Member, role: Unattached): void {
  if (member.isVoter && member.now >= role.electionDeadline) {
    becomeProspective(member);
    return;
  }
  // The one who is asked may be the leader, and takes the offset for what is safe here.
  if (member.calls.has('fetch') || member.log.syncedOffset < member.log.endOffset) return;
  const peer = member.anyPeer();
  if (peer !== undefined) member.send(peer, fetchRequest(member));
}

export function pollFollower(member: Member, role: Follower): void {
  // What is accepted and not written yet may still be lost to a full disk: nobody is told of it.
  member.commitTo(Math.min(role.leaderHighWatermark, member.log.readableOffset));
  if (member.now >= role.fetchDeadline) {
    if (member.isVoter) becomeProspective(member);
    else becomeUnattached(member, { epoch: role.epoch });
    return;
  }
  if (role.snapshot !== undefined) {
    pollTransfer(member, role, role.snapshot);
    return;
  }
  // What is not synced yet must not be claimed: a fetch from an offset says that everything below is safe here.
  if (member.log.syncedOffset < member.log.endOffset) return;
  takePartOnceCaughtUp(member, role);
  pollVoterUpdate(member, role);
  member.send(role.leader, fetchRequest(member));
}

function fetchRequest({ local, log, role, config }: Member): FetchRequest {
  return {
    kind: 'fetch',
    replica: local,
    currentLeaderEpoch: role.epoch,
    fetchOffset: log.endOffset,
    lastFetchedEpoch: log.lastEpoch,
    maxBytes: config.fetchMaxBytes,
    // Who only looks for the leader wants an answer, not records.
    maxWaitMs: role.role === 'follower' ? config.fetchMaxWaitMs : 0,
    highWatermark: log.highWatermark,
  };
}

export function onFetchResponse(member: Member, call: Call, response: FetchResponse): void {
  if (call.request.kind !== 'fetch') return;
  const changed = learnLeader(member, response);
  const { role } = member;
  if (changed || role.role !== 'follower' || call.to.nodeId !== role.leader.nodeId) {
    if (response.error !== ErrorCode.NONE && !changed) pause(member, call);
    return;
  }
  if (response.error !== ErrorCode.NONE) {
    pause(member, call);
    // The leader itself says that it does not lead this epoch: it never will again.
    if (response.error === ErrorCode.NOT_LEADER_OR_FOLLOWER && response.leaderEpoch === role.epoch)
      giveUpLeader(member, role);
    return;
  }
  onLeaderSeen(member, role);
  if (call.request.fetchOffset !== member.log.endOffset) return;
  if (response.diverging !== undefined) truncate(member, response);
  else if (response.snapshotId !== undefined) beginTransfer(member, role, response.snapshotId);
  else takeBatches(member, role, response);
}

/** The leader answered: it lives. */
export function onLeaderSeen(member: Member, role: Follower): void {
  role.fetchDeadline = member.now + member.config.fetchTimeoutMs;
  role.hasFetched = true;
  role.leaderGone = false;
  role.failures = 0;
}

function truncate(member: Member, { diverging }: FetchResponse): void {
  if (diverging === undefined) return;
  const { log } = member;
  const point = log.truncationPoint(diverging);
  if (point < log.highWatermark) {
    const detail =
      `the leader's log leaves ours at ${point}, below the high watermark ${log.highWatermark}: committed records ` +
      'would be lost. A voter was probably restarted with an older or an empty disk; restore it, or remove that voter.';
    member.emit({ kind: 'fail', detail });
    return;
  }
  member.note('info', 'cutting the log where it differs from the leader', { endOffset: log.endOffset, cutTo: point });
  log.truncateTo(point);
  member.emit({ kind: 'truncate', endOffset: point });
}

function takeBatches(member: Member, role: Follower, { batches, highWatermark, leaderEpoch }: FetchResponse): void {
  const { log } = member;
  for (const batch of batches) {
    // A batch of a later epoch than the leader's was appended by somebody who came after this answer.
    const fits = batch.baseOffset === log.endOffset && batch.epoch <= leaderEpoch && batch.epoch >= log.lastEpoch;
    if (!fits) {
      const { baseOffset, epoch } = batch;
      member.note('warn', 'the leader sent a batch that does not continue the log', { baseOffset, batchEpoch: epoch });
      break;
    }
    member.append(batch);
  }
  role.leaderHighWatermark = highWatermark;
}

/** There was no room for what was fetched: it is fetched again, but not at the pace of the network. */
export function pauseFetching(member: Member, role: Follower): void {
  const fetch = { to: role.leader, request: { kind: 'fetch' } } as const;
  member.calls.pause(fetch, member.now + member.config.fetchMaxWaitMs);
}

/** A request that got no answer, or none that helps. */
export function onLeaderUnreachable(member: Member, call: Call): void {
  pause(member, call);
  const { role, now } = member;
  if (role.role !== 'follower' || call.to.nodeId !== role.leader.nodeId || call.request.kind !== 'fetch') return;
  if (role.failures++ === 0) role.failingSince = now;
  if (role.failures >= failuresUntilGone && !role.leaderGone) giveUpLeader(member, role);
}

function giveUpLeader(member: Member, role: Follower): void {
  role.leaderGone = true;
  const { now, config } = member;
  // An observer asks around for the next leader instead; until there is one it is sent back here, at this pace.
  const soon = member.isVoter ? member.electionBackoff(member.lostElections) : now + config.retryBackoffMs;
  role.fetchDeadline = Math.min(role.fetchDeadline, soon);
}

function pause(member: Member, call: { readonly request: SentRequest } & Call): void {
  member.calls.pause(call, member.now + member.config.retryBackoffMs);
}
