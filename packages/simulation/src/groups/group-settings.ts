/**
 * The groups of a seed and what the brokers are told about groups. Sessions are as short as the brokers allow, so that
 * members are lost and found again many times in a run; the rebalance timeout is longer than a session, which is what
 * makes a live session a lease on the partitions that its member was given, unless it is late to give some of them up.
 */
import type { Millis, SeededRandom } from '@tidelog/core';

/** How a member shares: by the classic protocol in its two ways, or by the consumer protocol (KIP-848). */
export type MemberKind = 'eager' | 'cooperative' | 'consumer';

/** How a group's members share: all in one way, or on their way from one protocol to the other and back. */
export type GroupKind = MemberKind | 'mixed';

export const sessionTimeoutMs: Millis = 6000;
export const rebalanceTimeoutMs: Millis = 9000;
export const heartbeatMs: Millis = 1000;

export const offsetsTopic = '__consumer_offsets';
/** What the groups read. */
export const sharedTopic = 'shared';
export const mostPartitions = 6;
export const coordinatorPartitions = 2;

const kinds: readonly GroupKind[] = ['eager', 'cooperative', 'consumer', 'mixed'];

/** None for most seeds; one or two groups for every third. */
export function pickGroups(random: SeededRandom): readonly GroupKind[] {
  if (random.next() >= 1 / 3) return [];
  const first = random.below(kinds.length);
  const step = random.below(kinds.length);
  const both = step === 0 ? [kinds[first]] : [kinds[first], kinds[(first + step) % kinds.length]];
  return both.filter((kind) => kind !== undefined);
}

/** What a node needs for them, over what it has for every seed. */
export function groupProperties(minInsyncReplicas: number): Readonly<Record<string, string>> {
  const session = String(sessionTimeoutMs);
  const heartbeat = String(heartbeatMs);
  return {
    // A committed offset is promised as much as a record is.
    'min.insync.replicas': String(minInsyncReplicas),
    'log.cleaner.backoff.ms': '1000',
    'group.min.session.timeout.ms': session,
    'group.initial.rebalance.delay.ms': '500',
    'group.consumer.min.session.timeout.ms': session,
    'group.consumer.session.timeout.ms': session,
    'group.consumer.min.heartbeat.interval.ms': heartbeat,
    'group.consumer.heartbeat.interval.ms': heartbeat,
  };
}
