/**
 * What must hold of every partition at all times, and of every step from one state to the next.
 */
import { assert } from '@tidelog/core';
import type { MetadataImage, PartitionImage, TopicImage } from '@tidelog/metadata';
import { hasDuplicates } from '../core/lists.ts';
import { noLeader } from '../core/partition-change.ts';
import { isElrEnabled } from '../core/topic-settings.ts';

export function checkImage(image: MetadataImage): void {
  for (const topic of image.topics) {
    assert(image.topics.get(topic.name) === topic, `${topic.name} is not under its name`);
    for (const [id, partition] of topic.partitions) checkPartition(image, topic, id, partition);
  }
}

function checkPartition(image: MetadataImage, topic: TopicImage, id: number, partition: PartitionImage): void {
  const { replicas, isr, elr, leader, addingReplicas, removingReplicas, directories, lastKnownElr } = partition;
  const check = (condition: boolean, what: string): void =>
    assert(condition, () => `${topic.name}-${id}: ${what}: ${JSON.stringify(partition)}`);
  check(!hasDuplicates(replicas) && !hasDuplicates(isr) && !hasDuplicates(elr), 'a broker twice');
  check(
    isr.every((broker) => replicas.includes(broker)),
    'the ISR has members that are no replicas',
  );
  check(
    elr.every((broker) => replicas.includes(broker)),
    'eligible ones that are no replicas',
  );
  check(!elr.some((broker) => isr.includes(broker)), 'eligible ones that are in the ISR');
  check(leader === noLeader || isr.includes(leader), 'the leader is not in the ISR');
  check(leader === noLeader || image.cluster.isActive(leader), 'the leader is fenced, shutting down or unknown');
  check(
    addingReplicas.every((broker) => replicas.includes(broker)),
    'adds what is no replica',
  );
  check(
    removingReplicas.every((broker) => replicas.includes(broker)),
    'removes what is no replica',
  );
  check(!addingReplicas.some((broker) => removingReplicas.includes(broker)), 'adds what it removes');
  check(directories.length === replicas.length, 'not one directory per replica');
  if (isElrEnabled(image)) {
    check(
      isr.every((broker) => image.cluster.isActive(broker)),
      'an inactive broker is in the ISR',
    );
    check(isr.length > 0 || leader === noLeader, 'a leader without an ISR');
    check(leader === noLeader || lastKnownElr.length === 0, 'a last known leader beside a leader');
  } else {
    check(isr.length > 0, 'an empty ISR without ELR');
    check(elr.length === 0, 'eligible ones without ELR');
  }
}

/** `alteredIsr`: the ISR may have grown in this step, because a leader said so. */
export function checkStep(
  before: MetadataImage,
  after: MetadataImage,
  options: { readonly alteredIsr: boolean },
): void {
  for (const topic of after.topics) {
    for (const [id, partition] of topic.partitions) {
      const previous = before.topics.partition(topic.id, id);
      if (previous !== undefined && previous !== partition)
        checkTransition(`${topic.name}-${id}`, previous, partition, options);
    }
  }
}

function checkTransition(
  name: string,
  before: PartitionImage,
  after: PartitionImage,
  { alteredIsr }: { readonly alteredIsr: boolean },
): void {
  const check = (condition: boolean, what: string): void =>
    assert(condition, () => `${name}: ${what}: ${JSON.stringify(before)} -> ${JSON.stringify(after)}`);
  check(after.partitionEpoch > before.partitionEpoch, 'changed without a new partition epoch');
  check(after.leaderEpoch >= before.leaderEpoch, 'the leader epoch went back');
  check(after.leader === before.leader || after.leaderEpoch > before.leaderEpoch, 'another leader in the same epoch');
  const removed = before.replicas.some((broker) => !after.replicas.includes(broker));
  check(!removed || after.leaderEpoch > before.leaderEpoch, 'a replica left without a new leader epoch');
  if (alteredIsr) return;
  const isUnclean = after.leaderRecoveryState === 1;
  const hadAll = [...before.isr, ...before.elr];
  check(isUnclean || after.isr.every((broker) => hadAll.includes(broker)), 'who lacked data came into the ISR');
  check(isUnclean || after.leader === noLeader || hadAll.includes(after.leader), 'who lacked data leads');
}
