/**
 * What a failed log directory means (KIP-858): it leaves the broker's registration, and the replicas in it leave the
 * ISR and the leadership, while the broker goes on with its other directories.
 */
import type { BrokerImage, MetadataRecord } from '@tidelog/metadata';
import type { Uuid } from '@tidelog/core';
import type { DecisionContext } from './decision.ts';
import { without } from './lists.ts';
import { planChange, topicsOf } from './partition-changes.ts';

export function planDirectoriesOffline(
  context: DecisionContext,
  broker: BrokerImage,
  reported: readonly Uuid[],
): MetadataRecord[] {
  const offline = new Set(reported.filter((id) => broker.logDirs.includes(id)));
  if (offline.size === 0) return [];
  const { id: brokerId, epoch: brokerEpoch } = broker;
  const logDirs = broker.logDirs.filter((id) => !offline.has(id));
  const records: MetadataRecord[] = [{ type: 'brokerRegistrationChange', brokerId, brokerEpoch, logDirs }];
  for (const topic of topicsOf(context, context.index.topicsOn(brokerId))) {
    for (const [partitionId, partition] of topic.partitions) {
      const directory = partition.directories[partition.replicas.indexOf(brokerId)];
      if (directory === undefined || !offline.has(directory)) continue;
      if (!partition.isr.includes(brokerId) && partition.leader !== brokerId) continue;
      const target = { isr: without(partition.isr, [brokerId]) };
      const change = planChange(context, { topic, partitionId, partition, target, leaving: brokerId });
      if (change !== undefined) records.push(change);
    }
  }
  return records;
}
