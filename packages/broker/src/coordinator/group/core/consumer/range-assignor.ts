/** The `range` assignor: of each topic a consecutive range per subscribed member, static members in a stable order. */
import type { Uuid } from '@tidelog/core';
import type { AssignorInput, AssignorMember, TargetAssignment } from './target-assignor.ts';

export function assignRange({ members, topics }: AssignorInput): TargetAssignment {
  const targets = new Map<string, Map<Uuid, Set<number>>>(members.map(({ memberId }) => [memberId, new Map()]));
  const ordered = [...members].sort(byIdentity);
  for (const [topicId, { partitionCount }] of topics) {
    const subscribed = ordered.filter((member) => member.topics.has(topicId));
    const share = Math.floor(partitionCount / subscribed.length);
    const extra = partitionCount % subscribed.length;
    let next = 0;
    for (const [index, { memberId }] of subscribed.entries()) {
      const count = share + (index < extra ? 1 : 0);
      if (count === 0) continue;
      targets.get(memberId)?.set(topicId, new Set(Array.from({ length: count }, () => next++)));
    }
  }
  return targets;
}

/** A static member keeps its place over restarts: its instance id stays, its member id does not. */
function byIdentity(a: AssignorMember, b: AssignorMember): number {
  const left = a.instanceId ?? a.memberId;
  const right = b.instanceId ?? b.memberId;
  return left < right ? -1 : left > right ? 1 : 0;
}
