/**
 * Plans changes of partitions in the context of the cluster: which brokers may lead, the topic's settings, the
 * directories. Above the pure rules of partition-change.ts, below the decisions.
 */
import type { Uuid } from '@tidelog/core';
import {
  DirectoryId,
  isOnlineDirectory,
  type MetadataRecord,
  type PartitionChangeRecord,
  type PartitionImage,
  type TopicImage,
} from '@tidelog/metadata';
import type { DecisionContext } from './decision.ts';
import { without } from './lists.ts';
import { noLeader, planPartitionChange, type Election, type PartitionTarget } from './partition-change.ts';
import { isElrEnabled, minInSyncReplicas, uncleanElectionEnabled } from './topic-settings.ts';

/** What is about to be true of a broker although no record says so yet. */
export interface BrokerOverride {
  /** Is about to be fenced, shut down, unregistered or registered anew. */
  readonly leaving?: number;
  /** Is about to be unfenced. */
  readonly joining?: number;
  /** Of `leaving`: it came back without having stopped cleanly. */
  readonly unclean?: boolean;
}

export interface PartitionChangePlan extends BrokerOverride {
  readonly topic: TopicImage;
  readonly partitionId: number;
  readonly partition: PartitionImage;
  readonly target?: PartitionTarget;
  /** Left out: as the topic's unclean.leader.election.enable says. */
  readonly election?: Election;
  /** Left out: the topic's own. */
  readonly minInSyncReplicas?: number;
}

export function planChange(context: DecisionContext, plan: PartitionChangePlan): PartitionChangeRecord | undefined {
  const { topic, partitionId, partition, leaving } = plan;
  return planPartitionChange({
    topicId: topic.id,
    partitionId,
    partition,
    target: plan.target ?? {},
    election: plan.election ?? (uncleanElectionEnabled(context, topic.name) ? 'unclean' : 'online'),
    isAcceptableLeader: (id) => isAcceptableLeader(context, plan, id),
    minInSyncReplicas: plan.minInSyncReplicas ?? minInSyncReplicas(context, topic.name),
    elrEnabled: isElrEnabled(context.image),
    ...(plan.unclean === true && leaving !== undefined ? { uncleanShutdown: new Set([leaving]) } : {}),
    defaultDirectory: (id) => defaultDirectory(context, id),
  });
}

function isAcceptableLeader(context: DecisionContext, plan: PartitionChangePlan, brokerId: number): boolean {
  if (brokerId === plan.leaving) return false;
  const broker = context.image.cluster.broker(brokerId);
  if (broker === undefined) return false;
  if (brokerId !== plan.joining && (broker.fenced || broker.inControlledShutdown)) return false;
  const at = plan.partition.replicas.indexOf(brokerId);
  // A replica that is being assigned to a directory is judged by that one: it may come back from a lost one to lead.
  const directory = plan.target?.directories?.get(brokerId) ?? plan.partition.directories[at];
  return at < 0 || isOnlineDirectory(directory ?? DirectoryId.UNASSIGNED, broker.logDirs);
}

/** Where a broker will put a new replica, if that can be told beforehand. */
export function defaultDirectory({ image }: Pick<DecisionContext, 'image'>, brokerId: number): Uuid {
  const directories = image.cluster.broker(brokerId)?.logDirs;
  if (directories?.length === 0) return DirectoryId.MIGRATING;
  return (directories?.length === 1 ? directories[0] : undefined) ?? DirectoryId.UNASSIGNED;
}

export interface BrokerLeaving {
  readonly brokerId: number;
  readonly unclean?: boolean;
  /** Plan so many changes and leave the rest to the next time. */
  readonly most?: number;
}

/** The broker leaves: out of every ISR, and its leaderships go to others. */
export function planBrokerLeaving(
  context: DecisionContext,
  { brokerId, unclean = false, most = Infinity }: BrokerLeaving,
): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of topicsOf(context, context.index.topicsOn(brokerId))) {
    for (const [partitionId, partition] of topic.partitions) {
      const { isr, elr, leader } = partition;
      if (!isr.includes(brokerId) && leader !== brokerId && !(unclean && elr.includes(brokerId))) continue;
      const target = { isr: without(isr, [brokerId]) };
      const change = planChange(context, { topic, partitionId, partition, target, leaving: brokerId, unclean });
      if (change !== undefined) records.push(change);
      if (records.length >= most) return records;
    }
  }
  return records;
}

/** The broker is there again: partitions without a leader may have one now. */
export function planBrokerJoining(context: DecisionContext, brokerId: number): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of topicsOf(context, context.index.leaderless.topics())) {
    for (const [partitionId, partition] of topic.partitions) {
      if (partition.leader !== noLeader || !partition.replicas.includes(brokerId)) continue;
      const change = planChange(context, { topic, partitionId, partition, joining: brokerId });
      if (change !== undefined) records.push(change);
    }
  }
  return records;
}

/** The images of topics that are known to exist. */
export function* topicsOf({ image }: DecisionContext, ids: Iterable<Uuid>): Generator<TopicImage> {
  for (const id of ids) {
    const topic = image.topics.getById(id);
    if (topic !== undefined) yield topic;
  }
}
