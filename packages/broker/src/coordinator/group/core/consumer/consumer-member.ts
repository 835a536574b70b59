/** A member of a consumer group (KIP-848), immutable: what it subscribes to, and what it owns. */
import { nothingAssigned, type AssignedPartitions } from './assignment.ts';

/** A member that speaks the classic protocol in a consumer group. */
export interface ClassicMemberMetadata {
  readonly sessionTimeoutMs: number;
  readonly supportedProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
}

/** What a member says of itself. */
export interface MemberSubscription {
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  /** Sorted, without duplicates. */
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  readonly classic: ClassicMemberMetadata | null;
}

/** As in Kafka's records. */
export const MemberState = { STABLE: 0, UNREVOKED_PARTITIONS: 1, UNRELEASED_PARTITIONS: 2 } as const;
export type MemberState = (typeof MemberState)[keyof typeof MemberState];

export const joinEpoch = 0;
export const leaveEpoch = -1;
export const staticLeaveEpoch = -2;

export interface ConsumerMember extends MemberSubscription {
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: number;
  readonly assigned: AssignedPartitions;
  /** What it has to give up before it may go on to the target epoch. */
  readonly pendingRevocation: AssignedPartitions;
}

export const noSubscription: MemberSubscription = {
  instanceId: null,
  rackId: null,
  clientId: '',
  clientHost: '',
  subscribedTopicNames: [],
  subscribedTopicRegex: null,
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
};

export function newMember(memberId: string, subscription: MemberSubscription = noSubscription): ConsumerMember {
  return {
    ...subscription,
    memberId,
    memberEpoch: joinEpoch,
    previousMemberEpoch: joinEpoch,
    state: MemberState.STABLE,
    assigned: nothingAssigned,
    pendingRevocation: nothingAssigned,
  };
}

export function subscriptionOf(member: ConsumerMember): MemberSubscription {
  const { instanceId, rackId, clientId, clientHost, subscribedTopicNames, subscribedTopicRegex } = member;
  const { rebalanceTimeoutMs, serverAssignor, classic } = member;
  return {
    instanceId,
    rackId,
    clientId,
    clientHost,
    subscribedTopicNames,
    subscribedTopicRegex,
    rebalanceTimeoutMs,
    serverAssignor,
    classic,
  };
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, i) => name === b[i]);
}

export function sameSubscription(a: MemberSubscription, b: MemberSubscription): boolean {
  return (
    a.instanceId === b.instanceId &&
    a.rackId === b.rackId &&
    a.clientId === b.clientId &&
    a.clientHost === b.clientHost &&
    a.subscribedTopicRegex === b.subscribedTopicRegex &&
    a.rebalanceTimeoutMs === b.rebalanceTimeoutMs &&
    a.serverAssignor === b.serverAssignor &&
    a.classic === b.classic &&
    sameNames(a.subscribedTopicNames, b.subscribedTopicNames)
  );
}
