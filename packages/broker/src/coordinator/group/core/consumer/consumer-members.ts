/** How members of a consumer group end: by leaving, by silence, or by a successor under their instance id. */
import type { GroupHost, GroupTurn } from '../group-host.ts';
import { nothingAssigned } from './assignment.ts';
import type { ConsumerEpochs } from './consumer-epochs.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { MemberState, newMember, subscriptionOf, type ConsumerMember } from './consumer-member.ts';

export class ConsumerMembers {
  readonly #host: GroupHost;
  readonly #epochs: ConsumerEpochs;
  /** A group has lost a member: what else follows from that. */
  readonly #onRemoved: (group: ConsumerGroup, turn: GroupTurn) => void;

  constructor(host: GroupHost, epochs: ConsumerEpochs, onRemoved: (group: ConsumerGroup, turn: GroupTurn) => void) {
    this.#host = host;
    this.#epochs = epochs;
    this.#onRemoved = onRemoved;
  }

  /** Takes the member out; its partitions are free, and the group needs a new assignment. */
  remove(group: ConsumerGroup, memberId: string, turn: GroupTurn): void {
    this.#erase(group, memberId, turn);
    this.#epochs.dropRegexes(group, turn);
    this.#epochs.advanceGroup(group, true, turn);
    this.#onRemoved(group, turn);
  }

  /** A static member is back under a new id and takes over what its former self had, at the group's epoch. */
  succeed(group: ConsumerGroup, former: ConsumerMember, memberId: string, turn: GroupTurn): ConsumerMember {
    const { groupId } = group;
    const target = group.targetOf(former.memberId);
    this.#erase(group, former.memberId, turn);
    const member = newMember(memberId, subscriptionOf(former));
    this.#host.write({ type: 'member', groupId, memberId, value: subscriptionOf(former) }, turn);
    this.#host.write({ type: 'targetMember', groupId, memberId, value: target }, turn);
    const { assigned, state } = former;
    const value = { memberEpoch: 0, previousMemberEpoch: 0, state, assigned, pendingRevocation: nothingAssigned };
    this.#host.write({ type: 'current', groupId, memberId, value }, turn);
    return group.members.get(memberId) ?? member;
  }

  armTimers(group: ConsumerGroup, member: ConsumerMember, turn: GroupTurn): void {
    const { timers } = this.#host;
    const { memberId } = member;
    let own = group.timers.get(memberId);
    if (own === undefined) {
      own = {
        session: timers.timer((late: GroupTurn) => this.#expire(group, memberId, late)),
        rebalance: timers.timer((late: GroupTurn) => this.#rebalanceDue(group, memberId, late)),
        revoking: nothingAssigned,
        rejoin: timers.timer((late: GroupTurn) => this.#expire(group, memberId, late)),
      };
      group.timers.set(memberId, own);
    }
    const sessionTimeoutMs = member.classic?.sessionTimeoutMs ?? this.#host.timingsOf(group.groupId).sessionTimeoutMs;
    timers.arm(own.session, turn.now + sessionTimeoutMs);
    if (member.classic === null) timers.cancel(own.rejoin);
    if (member.state !== MemberState.UNREVOKED_PARTITIONS) timers.cancel(own.rebalance);
    else if (own.rebalance.due === Infinity || own.revoking !== member.pendingRevocation) {
      own.revoking = member.pendingRevocation;
      timers.arm(own.rebalance, turn.now + Math.max(0, member.rebalanceTimeoutMs));
    }
  }

  /** A classic member was asked to join or to sync: others may wait for it, and it has its rebalance timeout. */
  expectClassic(group: ConsumerGroup, { memberId, rebalanceTimeoutMs }: ConsumerMember, turn: GroupTurn): void {
    const own = group.timers.get(memberId);
    if (own === undefined || own.rejoin.due !== Infinity) return;
    this.#host.timers.arm(own.rejoin, turn.now + Math.max(0, rebalanceTimeoutMs));
  }

  /** It has done so. */
  heardClassic(group: ConsumerGroup, { memberId }: ConsumerMember): void {
    const own = group.timers.get(memberId);
    if (own !== undefined) this.#host.timers.cancel(own.rejoin);
  }

  cancelTimers(group: ConsumerGroup, memberId: string): void {
    const own = group.timers.get(memberId);
    if (own === undefined) return;
    this.#host.timers.cancel(own.session);
    this.#host.timers.cancel(own.rebalance);
    this.#host.timers.cancel(own.rejoin);
    group.timers.delete(memberId);
  }

  #erase(group: ConsumerGroup, memberId: string, turn: GroupTurn): void {
    const { groupId } = group;
    this.cancelTimers(group, memberId);
    this.#host.write({ type: 'current', groupId, memberId, value: null }, turn);
    this.#host.write({ type: 'targetMember', groupId, memberId, value: null }, turn);
    this.#host.write({ type: 'member', groupId, memberId, value: null }, turn);
  }

  #expire(group: ConsumerGroup, memberId: string, turn: GroupTurn): void {
    if (group.members.has(memberId)) this.remove(group, memberId, turn);
  }

  /** It was asked to give partitions up and has not done so in its time: others wait for them. */
  #rebalanceDue(group: ConsumerGroup, memberId: string, turn: GroupTurn): void {
    const member = group.members.get(memberId);
    if (member?.state === MemberState.UNREVOKED_PARTITIONS) this.remove(group, memberId, turn);
  }
}
