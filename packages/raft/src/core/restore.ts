/**
 * The first state after a start, from what quorum-state and the log say. A member that led does not go on leading the
 * epoch: records that it had not synced may be gone, and others may have them. A lone voter needs nobody and leads at
 * once, in a new epoch.
 */
import { zeroUuid } from '@tidelog/core';
import { noQuorumState, type Member } from './member.ts';
import { becomeFollower, becomeProspective, becomeResignedAfterRestart, becomeUnattached } from './transitions.ts';

export function restore(member: Member): void {
  const { options, log, local } = member;
  const quorumState = options.quorumState ?? noQuorumState;
  if (log.lastEpoch > quorumState.leaderEpoch) {
    // quorum-state is lost or older than the log. Whom this node voted for in that epoch is not known, so it votes for
    // nobody else in it.
    member.note('warn', 'quorum-state is behind the log: taking the epoch of the log', { logEpoch: log.lastEpoch });
    member.role = {
      role: 'unattached',
      epoch: log.lastEpoch,
      leaderId: -1,
      voted: local.id >= 0 ? { id: local.id, directoryId: local.directoryId || zeroUuid } : undefined,
      electionDeadline: Infinity,
    };
  }
  const { epoch } = member;
  if (log.voters.isOnly(local) && options.canBeVoter) {
    becomeProspective(member);
    return;
  }
  const leaderId = epoch === quorumState.leaderEpoch ? quorumState.leaderId : -1;
  if (leaderId === local.id) {
    becomeResignedAfterRestart(member, epoch);
    return;
  }
  const leader = leaderId >= 0 ? log.voters.addressOf(leaderId) : undefined;
  if (leader !== undefined) becomeFollower(member, { epoch, leader });
  else becomeUnattached(member, { epoch, leaderId, deadline: firstElection(member) });
}

/** Voters that start together stand one after the other, so that the first one is elected before the next one tries. */
function firstElection({ log, local, now, config }: Member): number {
  const rank = log.voters.voters.findIndex(({ id }) => id === local.id);
  return now + 1 + Math.max(0, rank) * 2 * config.retryBackoffMs;
}
