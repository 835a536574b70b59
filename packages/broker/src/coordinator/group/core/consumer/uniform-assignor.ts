/**
 * The `uniform` assignor: balanced first, sticky second, near its replicas third.
 *
 * Every member first keeps what it had, up to its fair share; what nobody has goes to the member with the fewest
 * partitions that wants it (and, among those, to one in a rack of the partition). Where members subscribe to different
 * topics the shares cannot all be equal: then partitions move from long to short lists until no single move helps.
 */
import type { Uuid } from '@tidelog/core';
import type { AssignorInput, AssignorMember, AssignorTopic, TargetAssignment } from './target-assignor.ts';

interface Load {
  readonly member: AssignorMember;
  readonly partitions: Map<Uuid, Set<number>>;
  count: number;
}

interface Free {
  readonly topic: AssignorTopic;
  readonly partition: number;
}

export function assignUniform({ members, topics }: AssignorInput): TargetAssignment {
  const loads = members.map((member): Load => ({ member, partitions: new Map(), count: 0 }));
  loads.sort((a, b) => (a.member.memberId < b.member.memberId ? -1 : 1));
  const isHomogeneous = loads.every(({ member }) => sameTopics(member.topics, loads[0]?.member.topics ?? new Set()));
  const wanted = Array.from(topics.values()).filter(({ topicId }) =>
    loads.some(({ member }) => member.topics.has(topicId)),
  );
  const total = wanted.reduce((sum, { partitionCount }) => sum + partitionCount, 0);
  const taken = keep(loads, topics, isHomogeneous ? sharesOf(total, loads.length) : { share: total, extra: 0 });
  const free: Free[] = [];
  for (const topic of wanted) {
    for (let partition = 0; partition < topic.partitionCount; partition++) {
      if (taken.get(topic.topicId)?.has(partition) !== true) free.push({ topic, partition });
    }
  }
  if (isHomogeneous) fill(loads, free);
  else {
    fillByTopic(loads, free);
    level(loads, wanted);
  }
  return new Map(loads.map(({ member, partitions }) => [member.memberId, partitions]));
}

function sharesOf(total: number, members: number): { share: number; extra: number } {
  return { share: Math.floor(total / Math.max(1, members)), extra: total % Math.max(1, members) };
}

/** Every member keeps what it had, up to the share; `extra` members may keep one more. */
function keep(
  loads: readonly Load[],
  topics: AssignorInput['topics'],
  { share, extra }: { share: number; extra: number },
): Map<Uuid, Set<number>> {
  const taken = new Map<Uuid, Set<number>>();
  let extraLeft = extra;
  for (const load of loads) {
    for (const [topicId, partitions] of load.member.previous) {
      const topic = topics.get(topicId);
      if (topic === undefined || !load.member.topics.has(topicId)) continue;
      const others = taken.get(topicId) ?? new Set();
      taken.set(topicId, others);
      for (const partition of partitions) {
        if (partition >= topic.partitionCount || others.has(partition)) continue;
        if (load.count === share) {
          if (extraLeft === 0) break;
          extraLeft--;
        } else if (load.count > share) break;
        others.add(partition);
        give(load, topicId, partition);
      }
    }
  }
  return taken;
}

/** All members want all topics: one pass over members that grow level by level. */
function fill(loads: readonly Load[], free: readonly Free[]): void {
  if (loads.length === 0) return;
  const hasRacks = loads.some(({ member }) => member.rackId !== null);
  const queue = [...loads].sort((a, b) => a.count - b.count);
  for (const { topic, partition } of free) {
    const lowest = (queue[0] as Load).count;
    let at = 0;
    if (hasRacks) {
      const racks = topic.racksOf(partition);
      const near = queue.findIndex(({ member, count }) => count === lowest && racks.has(member.rackId ?? ''));
      at = Math.max(0, near);
    }
    const load = queue[at] as Load;
    give(load, topic.topicId, partition);
    // Keeps the queue ordered: it moves behind everybody who has as much or less.
    let to = at;
    while (to + 1 < queue.length && (queue[to + 1] as Load).count < load.count) {
      queue[to] = queue[to + 1] as Load;
      to++;
    }
    queue[to] = load;
  }
}

/** Topics that few want go first: their members are the least free to choose. */
function fillByTopic(loads: readonly Load[], free: readonly Free[]): void {
  const subscribers = new Map<Uuid, Load[]>();
  for (const { topic } of free) {
    const { topicId } = topic;
    if (!subscribers.has(topicId))
      subscribers.set(
        topicId,
        loads.filter(({ member }) => member.topics.has(topicId)),
      );
  }
  const count = ({ topic }: Free): number => subscribers.get(topic.topicId)?.length ?? 0;
  for (const { topic, partition } of [...free].sort((a, b) => count(a) - count(b))) {
    let best: Load | undefined;
    for (const load of subscribers.get(topic.topicId) ?? [])
      if (best === undefined || load.count < best.count) best = load;
    if (best !== undefined) give(best, topic.topicId, partition);
  }
}

/** Moves single partitions from members with more to members with fewer, until a move would only swap them. */
function level(loads: readonly Load[], topics: readonly AssignorTopic[]): void {
  for (let moved = true; moved;) {
    moved = false;
    for (const { topicId } of topics) {
      const subscribers = loads.filter(({ member }) => member.topics.has(topicId));
      for (;;) {
        let most: Load | undefined;
        let least: Load | undefined;
        for (const load of subscribers) {
          const has = (load.partitions.get(topicId)?.size ?? 0) > 0;
          if (has && (most === undefined || load.count > most.count)) most = load;
          if (least === undefined || load.count < least.count) least = load;
        }
        if (most === undefined || least === undefined || most.count <= least.count + 1) break;
        move(most, least, topicId);
        moved = true;
      }
    }
  }
}

function move(from: Load, to: Load, topicId: Uuid): void {
  const partitions = from.partitions.get(topicId) ?? new Set();
  const partition = Array.from(partitions).at(-1);
  if (partition === undefined) return;
  partitions.delete(partition);
  if (partitions.size === 0) from.partitions.delete(topicId);
  from.count--;
  give(to, topicId, partition);
}

function give(load: Load, topicId: Uuid, partition: number): void {
  let partitions = load.partitions.get(topicId);
  if (partitions === undefined) load.partitions.set(topicId, (partitions = new Set()));
  partitions.add(partition);
  load.count++;
}

function sameTopics(a: ReadonlySet<Uuid>, b: ReadonlySet<Uuid>): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const topic of a) if (!b.has(topic)) return false;
  return true;
}
