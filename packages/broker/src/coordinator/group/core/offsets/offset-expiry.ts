/**
 * Which offsets are kept no longer: counted from when a group became empty, or from the commit for topics that a stable
 * group does not read and for groups that never had members. Offsets of open transactions hold everything back.
 */
import type { Group, GroupHost, GroupTurn } from '../group-host.ts';
import type { CommittedOffset } from './offset-store.ts';

type ExpiresFrom = (topic: string, offset: CommittedOffset) => number | undefined;

/** From when the retention of an offset counts; undefined while it does not. */
function expiresFrom(group: Group | undefined): ExpiresFrom {
  if (group === undefined || (group.kind === 'classic' && group.isSimple)) return (_, offset) => offset.commitTimestamp;
  if (group.kind === 'consumer') {
    const subscribed = group.subscribedTopics();
    return (topic, { commitTimestamp }) => (subscribed.has(topic) ? undefined : commitTimestamp);
  }
  if (group.state === 'Empty') {
    const { stateTimestamp } = group;
    return (_, { commitTimestamp }) => (stateTimestamp < 0 ? commitTimestamp : stateTimestamp);
  }
  const subscribed = group.state === 'Stable' ? group.subscribedTopics : undefined;
  if (subscribed === undefined) return () => undefined;
  return (topic, { commitTimestamp }) => (subscribed.has(topic) ? undefined : commitTimestamp);
}

/** Deletes what has expired of one group. */
export function expireOffsets(host: GroupHost, groupId: string, turn: GroupTurn): void {
  const { offsets, config } = host;
  if (offsets.hasPending(groupId)) return;
  const from = expiresFrom(host.groups.get(groupId));
  for (const [topic, partitions] of offsets.ofGroup(groupId) ?? []) {
    for (const [partition, offset] of Array.from(partitions)) {
      const start = from(topic, offset);
      if (start === undefined) continue;
      const due = offset.expireTimestamp >= 0 ? offset.expireTimestamp : start + config.offsetsRetentionMs;
      if (turn.wall >= due) host.write({ type: 'offset', groupId, topic, partition, value: null }, turn);
    }
  }
}
