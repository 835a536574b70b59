/** The topics of a group as the metadata has them: for the assignors, and as a hash that tells when they changed. */
import type { Uuid } from '@tidelog/core';
import type { MetadataImage, TopicImage } from '@tidelog/metadata';
import type { AssignorInput, AssignorMember, AssignorTopic } from './target-assignor.ts';
import type { ConsumerGroup } from './consumer-group.ts';

/** 53 bits over name, id, size and racks of every subscribed topic that exists; never 0. */
export function hashOfTopics(image: MetadataImage, names: ReadonlySet<string>): number {
  let high = 0x811c9dc5;
  let low = 0x1000193;
  const mix = (value: number): void => {
    high = Math.imul(high ^ value, 0x01000193);
    low = Math.imul((low << 5) ^ (low >>> 27) ^ value, 0x9e3779b1);
  };
  for (const name of [...names].sort()) {
    const topic = image.topics.get(name);
    if (topic === undefined) continue;
    for (let i = 0; i < topic.id.length; i++) mix(topic.id.charCodeAt(i));
    for (let i = 0; i < name.length; i++) mix(name.charCodeAt(i));
    mix(topic.partitions.size);
    mixRacks(topic, image, mix);
  }
  return (high & 0x1fffff) * 0x1_0000_0000 + (low >>> 0) || 1;
}

/** Members are assigned near replicas: those that moved to other racks are news. Where nobody has a rack, none are. */
function mixRacks({ partitions }: TopicImage, image: MetadataImage, mix: (value: number) => void): void {
  for (const [partition, { replicas }] of partitions) {
    const racks = new Set(replicas.flatMap((id) => image.cluster.broker(id)?.rack ?? []));
    if (racks.size === 0) continue;
    mix(partition);
    for (const rack of [...racks].sort()) for (let i = 0; i < rack.length; i++) mix(rack.charCodeAt(i));
  }
}

/** What an assignor needs to know of a group. */
export function assignorInput(group: ConsumerGroup, image: MetadataImage): AssignorInput {
  const topics = new Map<Uuid, AssignorTopic>();
  const idsByNames = new Map<string, ReadonlySet<Uuid>>();
  const members = Array.from(group.members.values(), (member): AssignorMember => {
    const names = group.topicsOf(member);
    const key = [...names].sort().join(' ');
    let ids = idsByNames.get(key);
    if (ids === undefined) {
      const known = [...names].flatMap((name) => image.topics.get(name) ?? []);
      for (const topic of known) if (!topics.has(topic.id)) topics.set(topic.id, assignorTopic(topic, image));
      idsByNames.set(key, (ids = new Set(known.map(({ id }) => id))));
    }
    const { memberId, instanceId, rackId } = member;
    return { memberId, instanceId, rackId, topics: ids, previous: group.targetOf(memberId) };
  });
  return { members, topics };
}

function assignorTopic(topic: TopicImage, image: MetadataImage): AssignorTopic {
  return {
    topicId: topic.id,
    partitionCount: topic.partitions.size,
    racksOf: (partition) => {
      const replicas = topic.partitions.get(partition)?.replicas ?? [];
      return new Set(replicas.flatMap((id) => image.cluster.broker(id)?.rack ?? []));
    },
  };
}
