/**
 * A voter that finds no quorum-state: a new node, or one whose disk was replaced by an empty one. Where the voters'
 * directory ids are known (kraft.version 1) the latter is another replica and no voter. Where they are not, it has
 * forgotten what it voted for and what it acknowledged: with its vote a majority need not meet the one that committed a
 * record, and one epoch could get two leaders. So it takes part, and writes its first quorum-state, only
 *
 *  - once its log reaches what a leader has committed in its own epoch: from then on it holds all that it can have
 *    acknowledged before, in an epoch that is no older;
 *  - in the first election of a quorum: epoch 1, between members that have nothing and are all as new;
 *  - or when all the other voters have shown that their logs are empty too: what was committed, one of them would have.
 *
 * The operator's promise remains: that one disk is lost at a time, not before every voter has taken part, and that to
 * replace it takes longer than what the node had sent is under way, and than a leader lasts without a majority.
 */
import type { Member } from './member.ts';
import type { VoteRequest } from './messages.ts';
import type { Follower } from './states.ts';

/** Whether this member may answer with its vote at all; everything else about the request is looked at elsewhere. */
export function mayVote(member: Member, { epoch, preVote, lastOffset, candidate }: VoteRequest): boolean {
  if (!member.isFreshVoter) return true;
  const isFirst = epoch === (preVote ? 0 : 1);
  if (isFirst && member.log.endOffset === 0 && lastOffset === 0) return true;
  member.note('warn', 'no vote: this node finds no quorum-state, and must first catch up with a leader', {
    candidate: candidate.id,
  });
  return false;
}

/** How many pre-votes, its own among them, let this member stand. Its asking shows the others that its log is empty. */
export function preVotesNeeded({ isFreshVoter, log, epoch }: Member): number {
  return isFreshVoter && epoch > 0 ? Infinity : log.voters.majority;
}

/** Another voter has asked for a vote, or has found an empty log up to date. */
export function onLogSeen(member: Member, id: number, isEmpty: boolean): void {
  if (!member.isFreshVoter) return;
  const { log, local, emptyLogs } = member;
  if (isEmpty) emptyLogs.add(id);
  else emptyLogs.delete(id);
  const others = log.voters.voters.filter((voter) => voter.id !== local.id);
  if (log.endOffset === 0 && others.every((voter) => emptyLogs.has(voter.id))) member.hasTakenPart = true;
}

/** Everything in the log is on stable storage, and the leader was heard. */
export function takePartOnceCaughtUp(member: Member, { epoch, leaderHighWatermark }: Follower): void {
  const { log } = member;
  if (!member.isFreshVoter || leaderHighWatermark <= 0 || leaderHighWatermark > log.endOffset) return;
  if (log.epochs.epochAt(leaderHighWatermark - 1) === epoch) member.hasTakenPart = true;
}
