/** DescribeQuorum: how far every voter and observer has come, as the leader knows it. */
import { zeroUuid } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import type { Member } from './member.ts';
import type { DescribedReplica, DescribeQuorumResponse } from './messages.ts';
import { replicaName, type ReplicaKey } from './replica-key.ts';
import type { Leader } from './states.ts';

export function handleDescribeQuorum(member: Member, token: number): void {
  const { role, log } = member;
  const nodes = log.voters.voters.map(({ id, endpoints }) => ({ id, endpoints }));
  if (role.role !== 'leader') {
    const info = member.leaderInfo(ErrorCode.NOT_LEADER_OR_FOLLOWER);
    const nobody = { highWatermark: -1, voters: [], observers: [], nodes };
    member.answer(token, { ...info, ...nobody, kind: 'describeQuorum' });
    return;
  }
  const voters = log.voters.voters.map((voter) => describeReplica(member, role, voter));
  const observers = [...role.replicas.values()]
    .filter(({ key }) => !log.voters.has(key))
    .map(({ key }) => describeReplica(member, role, key));
  const answer: DescribeQuorumResponse = {
    ...member.leaderInfo(),
    kind: 'describeQuorum',
    highWatermark: log.highWatermark,
    voters,
    observers,
    nodes,
  };
  member.answer(token, answer);
}

function describeReplica(member: Member, role: Leader, { id, directoryId }: ReplicaKey): DescribedReplica {
  const { now, local, log } = member;
  if (id === local.id) {
    return { ...local, logEndOffset: log.endOffset, lastFetchAgeMs: 0, lastCaughtUpAgeMs: 0 };
  }
  const progress = role.replicas.get(replicaName({ id, directoryId }));
  return {
    id,
    directoryId: directoryOf(role, { id, directoryId }),
    logEndOffset: progress?.endOffset ?? -1,
    lastFetchAgeMs: now - (progress?.lastFetchAt ?? -Infinity),
    lastCaughtUpAgeMs: now - (progress?.lastCaughtUpAt ?? -Infinity),
  };
}

/** While kraft.version is 0 the voters' own reports say which directory they have. */
function directoryOf(role: Leader, { id, directoryId }: ReplicaKey): string {
  return directoryId === zeroUuid ? (role.voterUpdates.get(id)?.directoryId ?? zeroUuid) : directoryId;
}
