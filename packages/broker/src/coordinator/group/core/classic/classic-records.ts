/** What is kept of a classic group: its generation with members and assignments, and how it is read back. */
import { Chunks } from '@tidelog/core';
import { ConsumerProtocolSubscription, ProtocolError } from '@tidelog/protocol';
import type { ClassicGroupValue, GroupRecord } from '../group-records.ts';
import { emptyBytes, metadataOf, type ClassicGroup } from './classic-group.ts';

type MemberValue = ClassicGroupValue['members'][number];

/** The group as a record, with these assignments (absent: the ones its members have). */
export function classicGroupRecord(
  group: ClassicGroup,
  assignments?: ReadonlyMap<string, Buffer>,
): Extract<GroupRecord, { type: 'classicGroup' }> {
  const { groupId, protocolName, leaderId, generationId, stateTimestamp } = group;
  const members = Array.from(group.members.values(), (member): MemberValue => {
    const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs } = member;
    return {
      memberId,
      groupInstanceId,
      clientId,
      clientHost,
      rebalanceTimeout: rebalanceTimeoutMs,
      sessionTimeout: sessionTimeoutMs,
      subscription: metadataOf(member, protocolName),
      assignment: assignments === undefined ? member.assignment : (assignments.get(memberId) ?? emptyBytes),
    };
  });
  const value: ClassicGroupValue = {
    protocolType: group.protocolType ?? '',
    generation: generationId,
    protocol: protocolName,
    leader: leaderId,
    currentStateTimestamp: stateTimestamp,
    members,
  };
  return { type: 'classicGroup', groupId, value };
}

/** The topics its members subscribe to; undefined when that cannot be read: then nothing may be assumed. */
export function subscribedTopicsOf(group: ClassicGroup): ReadonlySet<string> | undefined {
  if (!group.usesConsumerProtocol || group.protocolName === null) return undefined;
  const topics = new Set<string>();
  for (const member of group.members.values()) {
    const subscription = readSubscription(metadataOf(member, group.protocolName));
    if (subscription === undefined) return undefined;
    for (const topic of subscription.topics) topics.add(topic);
  }
  return topics;
}

/** A subscription as consumers embed it: an int16 version, then the fields; newer versions read as the newest known. */
export function readSubscription(
  bytes: Buffer,
): ReturnType<(typeof ConsumerProtocolSubscription)['decode']> | undefined {
  if (bytes.length < 2) return undefined;
  const version = Math.min(bytes.readInt16BE(0), ConsumerProtocolSubscription.versions.max);
  if (version < 0) return undefined;
  try {
    return ConsumerProtocolSubscription.decode(Chunks.of(bytes), version, 2);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}
