/**
 * One member's way to its target assignment (KIP-848): it first gives up what the target takes from it, at its old
 * epoch, then moves to the target's epoch and gets what nobody else still has.
 *
 *              target takes something away                    shown as given up
 *   STABLE ────────────────────────────────▶ UNREVOKED ───────────────────────────▶ STABLE, or
 *      └───── target gives something that another still has ──▶ UNRELEASED ──freed──▶ STABLE
 */
import { owns, PartitionsBuilder, sameAssignment, type Assignment, type TopicPartitions } from './assignment.ts';
import { MemberState, type ConsumerMember } from './consumer-member.ts';

export interface ReconcileInput {
  readonly member: ConsumerMember;
  readonly targetEpoch: number;
  readonly target: Assignment;
  /** What the member says it owns; null when it does not say. */
  readonly owned: readonly TopicPartitions[] | null;
  /** Whether another member has the partition, or has yet to give it up. */
  readonly isOwnedByOther: (topicId: string, partition: number) => boolean;
  /** The member's subscription changed with this request. */
  readonly subscriptionChanged: boolean;
}

export function reconcile(input: ReconcileInput): ConsumerMember {
  const { member, targetEpoch, owned, subscriptionChanged } = input;
  switch (member.state) {
    case MemberState.STABLE:
      return member.memberEpoch === targetEpoch && !subscriptionChanged ? member : next(input);
    case MemberState.UNREVOKED_PARTITIONS:
      // Until it says otherwise it has them still.
      return owned === null || owns(owned, member.pendingRevocation) ? member : next(input);
    default:
      return next(input);
  }
}

function next(input: ReconcileInput): ConsumerMember {
  const { member, targetEpoch, target, owned, isOwnedByOther } = input;
  const assigned = new PartitionsBuilder();
  const revoked = new PartitionsBuilder();
  for (const [topicId, partitions] of member.assigned) {
    const wanted = target.get(topicId);
    for (const [partition, epoch] of partitions) {
      (wanted?.has(partition) === true ? assigned : revoked).add(topicId, partition, epoch);
    }
  }
  const pendingRevocation = revoked.build();
  if (!revoked.isEmpty && (owned === null || owns(owned, pendingRevocation))) {
    const isSame =
      member.state === MemberState.UNREVOKED_PARTITIONS && sameAssignment(pendingRevocation, member.pendingRevocation);
    if (isSame) return member;
    return { ...member, state: MemberState.UNREVOKED_PARTITIONS, assigned: assigned.build(), pendingRevocation };
  }
  let isComplete = true;
  for (const [topicId, partitions] of target) {
    const kept = member.assigned.get(topicId);
    for (const partition of partitions) {
      if (kept?.has(partition) === true) continue;
      if (isOwnedByOther(topicId, partition)) isComplete = false;
      else assigned.add(topicId, partition, targetEpoch);
    }
  }
  const now = assigned.build();
  const state = isComplete ? MemberState.STABLE : MemberState.UNRELEASED_PARTITIONS;
  const isSame = state === member.state && member.memberEpoch === targetEpoch && sameAssignment(now, member.assigned);
  if (isSame) return member;
  return {
    ...member,
    state,
    memberEpoch: targetEpoch,
    previousMemberEpoch: member.memberEpoch,
    assigned: now,
    pendingRevocation: new Map(),
  };
}
