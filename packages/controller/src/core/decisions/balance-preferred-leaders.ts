/**
 * Moves leaderships back to the first replicas, where those are in sync and up (auto.leader.rebalance.enable). A
 * bounded number at a time, because every move interrupts the partition's clients for a moment.
 */
import type { MetadataRecord } from '@tidelog/metadata';
import type { DecisionContext } from '../decision.ts';
import { planChange, topicsOf } from '../partition-changes.ts';

const maxElections = 1000;

export interface Balance {
  readonly records: readonly MetadataRecord[];
  /** More could be moved than were. */
  readonly unfinished: boolean;
}

export function decideBalancePreferredLeaders(context: DecisionContext): Balance {
  const records: MetadataRecord[] = [];
  for (const topic of topicsOf(context, context.index.imbalanced.topics())) {
    for (const [partitionId, partition] of topic.partitions) {
      if (partition.leader === partition.replicas[0]) continue;
      if (records.length >= maxElections) return { records, unfinished: true };
      const change = planChange(context, { topic, partitionId, partition, election: 'preferred' });
      if (change?.leader !== undefined) records.push(change);
    }
  }
  return { records, unfinished: false };
}
