/**
 * Which offsets are kept no longer: counted from when a group became empty, or from the commit for topics that a stable
 * group does not read and for groups that never had members; and those of topics that are gone, whose deletion this
 * shard missed. Offsets of open transactions hold everything back.
 *
 * A round goes over all groups in slices, so that a million offsets hold up nobody.
 */
import { zeroUuid } from '@tidelog/core';
import type { Group, GroupHost, GroupTurn } from '../group-host.ts';
import type { CommittedOffset } from './offset-store.ts';

type ExpiresFrom = (topic: string, offset: CommittedOffset) => number | undefined;

/** Looked at in one slice: a few milliseconds. */
const offsetsPerSlice = 2000;

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

export class OffsetExpiry {
  readonly #host: GroupHost;
  /** All offsets of a group were looked at. */
  readonly #onPassed: (groupId: string, turn: GroupTurn) => void;
  /** What the round has yet to come to. */
  #groups: string[] | undefined;
  #groupId: string | undefined;
  #topics: string[] = [];

  constructor(host: GroupHost, onPassed: (groupId: string, turn: GroupTurn) => void) {
    this.#host = host;
    this.#onPassed = onPassed;
  }

  /** One slice of a round, the first of a new one where none is under way; true when the round is over. */
  advance(turn: GroupTurn): boolean {
    const { groups, offsets } = this.#host;
    const left = (this.#groups ??= [
      ...new Set([...groups.keys(), ...Array.from(offsets.groups(), ([groupId]) => groupId)]),
    ]);
    let from: ExpiresFrom | undefined;
    for (let budget = offsetsPerSlice; budget > 0; budget--) {
      const groupId = this.#groupId;
      const topic = groupId === undefined || offsets.hasPending(groupId) ? undefined : this.#topics.pop();
      if (groupId !== undefined && topic !== undefined) {
        from ??= expiresFrom(groups.get(groupId));
        budget -= this.#expire({ groupId, topic, from }, turn);
        continue;
      }
      if (groupId !== undefined) this.#onPassed(groupId, turn);
      this.#groupId = left.pop();
      from = undefined;
      if (this.#groupId === undefined) {
        this.#groups = undefined;
        return true;
      }
      this.#topics = [...(offsets.ofGroup(this.#groupId)?.keys() ?? [])];
    }
    return false;
  }

  /** Deletes what has expired of one topic; returns how many offsets it looked at. */
  #expire({ groupId, topic, from }: { groupId: string; topic: string; from: ExpiresFrom }, turn: GroupTurn): number {
    const { offsets, config } = this.#host;
    const current = this.#host.image().topics.get(topic);
    const partitions = Array.from(offsets.ofGroup(groupId)?.get(topic) ?? []);
    for (const [partition, offset] of partitions) {
      const isGone = current === undefined || (offset.topicId !== zeroUuid && offset.topicId !== current.id);
      const start = from(topic, offset);
      if (!isGone && start === undefined) continue;
      const due =
        offset.expireTimestamp >= 0 ? offset.expireTimestamp : (start ?? turn.wall) + config.offsetsRetentionMs;
      if (isGone || turn.wall >= due) {
        this.#host.write({ type: 'offset', groupId, topic, partition, value: null }, turn);
      }
    }
    return partitions.length;
  }
}
