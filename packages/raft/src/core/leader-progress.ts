/**
 * How far each replica has come, as its fetches tell: the high watermark, check-quorum and DescribeQuorum are derived
 * from it. Raft 5.3 and 5.4.2: a record is committed once a majority of the voters has it on stable storage and a
 * record of the leader's own epoch is among what they have.
 */
import type { Member } from './member.ts';
import { replicaName, type ReplicaKey } from './replica-key.ts';
import type { Leader, ReplicaProgress } from './states.ts';

/** Observers that have not fetched for so long are forgotten. */
const observerSessionMs = 300_000;

export function addProgress(leader: Leader, { id, directoryId }: ReplicaKey): ReplicaProgress {
  const key = { id, directoryId };
  const name = replicaName(key);
  const known = leader.replicas.get(name);
  if (known !== undefined) return known;
  const progress = { key, endOffset: -1, lastFetchAt: -Infinity, lastCaughtUpAt: -Infinity, leaderEndAtLastFetch: -1 };
  leader.replicas.set(name, progress);
  return progress;
}

/** A replica fetches from this offset on: everything below is safe with it. */
export function recordFetch(member: Member, leader: Leader, replica: ReplicaKey, fetchOffset: number): void {
  const { now, log } = member;
  const progress = addProgress(leader, progressKey(member, leader, replica));
  const leaderEnd = log.endOffset;
  if (fetchOffset >= leaderEnd) progress.lastCaughtUpAt = now;
  else if (progress.leaderEndAtLastFetch >= 0 && fetchOffset >= progress.leaderEndAtLastFetch) {
    progress.lastCaughtUpAt = Math.max(progress.lastCaughtUpAt, progress.lastFetchAt);
  }
  progress.endOffset = fetchOffset;
  progress.lastFetchAt = now;
  progress.leaderEndAtLastFetch = leaderEnd;
  recordContact(member, leader, replica);
}

/** A voter is there: check-quorum counts it, and BeginQuorumEpoch need not be repeated. */
export function recordContact(member: Member, leader: Leader, replica: ReplicaKey): void {
  const { log, now, config, local } = member;
  if (!log.voters.has(replica)) return;
  leader.acknowledged.add(replica.id);
  leader.fetchedVoters.add(replica.id);
  const needed = log.voters.majority - (log.voters.has(local) ? 1 : 0);
  const present = [...leader.fetchedVoters].filter((id) => log.voters.get(id) !== undefined).length;
  if (present < needed) return;
  leader.fetchedVoters.clear();
  leader.checkQuorumDeadline = now + config.fetchTimeoutMs * 1.5;
}

/** The leader's own part, and then the majority's. */
export function advanceHighWatermark(member: Member, leader: Leader): void {
  const { log, local } = member;
  addProgress(leader, progressKey(member, leader, local)).endOffset = log.syncedOffset;
  const ends = log.voters.voters.map((voter) => leader.replicas.get(replicaName(voter))?.endOffset ?? -1);
  ends.sort((a, b) => b - a);
  const majorityEnd = ends[log.voters.majority - 1] ?? -1;
  if (majorityEnd > leader.epochStartOffset) member.commitTo(majorityEnd);
}

/** Whether the leader knows what is committed: nothing about voters is decided before. */
export function isHighWatermarkKnown({ log }: Member, leader: Leader): boolean {
  return log.highWatermark > leader.epochStartOffset;
}

export function forgetSilentObservers(member: Member, leader: Leader): void {
  const { log, now } = member;
  for (const [name, { key, lastFetchAt }] of leader.replicas) {
    if (!log.voters.has(key) && now - lastFetchAt > observerSessionMs) leader.replicas.delete(name);
  }
}

/** Caught up at some time, and still fetching within the session: it may become a voter. */
export function isCaughtUp(member: Member, leader: Leader, replica: ReplicaKey): boolean {
  const progress = leader.replicas.get(replicaName(replica));
  if (progress === undefined) return false;
  return progress.lastCaughtUpAt > -Infinity && member.now - progress.lastFetchAt <= member.config.fetchTimeoutMs;
}

/** A voter whose directory id is not in the voter set (kraft.version 0) is tracked without it. */
function progressKey({ log }: Member, leader: Leader, replica: ReplicaKey): ReplicaKey {
  const voter = log.voters.get(replica.id);
  return voter !== undefined && log.voters.has(replica) && leader.replicas.has(replicaName(voter)) ? voter : replica;
}
