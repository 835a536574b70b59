/**
 * What a follower asks of its leader about itself: a voter reports other endpoints or versions than the voter set has
 * of it (UpdateRaftVoter; while kraft.version is 0, once to every leader, who keeps it in memory), and a controller
 * that is no voter joins when controller.quorum.auto.join.enable is set, after removing what its old disk left behind
 * (KIP-853).
 */
import { ErrorCode } from '@tidelog/protocol';
import { learnLeader } from './election.ts';
import type { Member } from './member.ts';
import type { SentRequest, VoterChangeResponse } from './messages.ts';
import type { Follower } from './states.ts';
import { sameVoter, supportedKraftVersions } from './voter-set.ts';

export function pollVoterUpdate(member: Member, role: Follower): void {
  if (!role.hasFetched || member.now < role.voterUpdateDeadline) return;
  const request = neededRequest(member, role);
  if (request === undefined) {
    role.voterUpdateDeadline = member.isVoter && member.log.kraftVersion === 0 ? Infinity : nextTime(member);
    return;
  }
  if (member.send(role.leader, request)) role.voterUpdateDeadline = nextTime(member);
}

function neededRequest(member: Member, role: Follower): SentRequest | undefined {
  const { local, log, options, config } = member;
  const { endpoints } = options;
  if (!options.canBeVoter || endpoints.length === 0) return undefined;
  if (member.isVoter) {
    const self = { ...local, endpoints, kraftVersions: supportedKraftVersions };
    const known = log.kraftVersion > 0 ? sameVoter(self, log.voters.get(local.id)) : role.hasUpdatedVoter;
    if (known) return undefined;
    const currentLeaderEpoch = role.epoch;
    return { kind: 'updateVoter', currentLeaderEpoch, voter: local, endpoints, kraftVersions: supportedKraftVersions };
  }
  if (!config.autoJoin || log.kraftVersion === 0) return undefined;
  const stale = log.voters.get(local.id);
  if (stale !== undefined) return { kind: 'removeVoter', voter: { id: stale.id, directoryId: stale.directoryId } };
  return { kind: 'addVoter', voter: local, endpoints, timeoutMs: config.requestTimeoutMs, ackWhenCommitted: false };
}

function nextTime({ now, config }: Member): number {
  return now + config.fetchTimeoutMs / 2;
}

export function onVoterChangeResponse(member: Member, response: VoterChangeResponse): void {
  if (learnLeader(member, response)) return;
  const { role } = member;
  if (role.role !== 'follower') return;
  if (response.error === ErrorCode.NONE) {
    if (response.kind === 'updateVoter') role.hasUpdatedVoter = true;
    // The next step (a removal is followed by a join) may come as soon as this one has been fetched.
    if (response.kind === 'removeVoter') role.voterUpdateDeadline = member.now + member.config.retryBackoffMs;
    return;
  }
  const { error, detail = '' } = response;
  member.note('info', 'the leader did not change the voters as asked', { asked: response.kind, error, detail });
}
