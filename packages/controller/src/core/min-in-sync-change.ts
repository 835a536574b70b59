/**
 * What a changed min.insync.replicas means for partitions that keep eligible leader replicas (KIP-966): an ISR that is
 * large enough by the new value commits without them, so they are not eligible any more.
 */
import type { MetadataRecord } from '@tidelog/metadata';
import type { DecisionContext } from './decision.ts';
import { planChange, topicsOf } from './partition-changes.ts';
import { minInSyncReplicas, minInSyncReplicasKey } from './topic-settings.ts';

export interface MinInSyncReplicasChange {
  /** The topics' own values by name; null where the topic's own value goes. */
  readonly topics: ReadonlyMap<string, string | null>;
  readonly clusterDefault?: { readonly value: string | null };
}

export function planMinInSyncReplicas(context: DecisionContext, change: MinInSyncReplicasChange): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of topicsOf(context, context.index.eligible.topics())) {
    const value = valueAfter(context, change, topic.name);
    if (value === minInSyncReplicas(context, topic.name)) continue;
    for (const [partitionId, partition] of topic.partitions) {
      if (partition.elr.length === 0) continue;
      const record = planChange(context, { topic, partitionId, partition, minInSyncReplicas: value });
      if (record !== undefined) records.push(record);
    }
  }
  return records;
}

function valueAfter({ image, config }: DecisionContext, change: MinInSyncReplicasChange, topic: string): number {
  const { topics, clusterDefault } = change;
  const { configs } = image;
  const own = topics.has(topic) ? topics.get(topic) : configs.topic(topic).get(minInSyncReplicasKey);
  const cluster =
    clusterDefault === undefined ? configs.clusterDefault().get(minInSyncReplicasKey) : clusterDefault.value;
  return Number(own ?? cluster ?? config.staticConfigs.get(minInSyncReplicasKey) ?? 1);
}
