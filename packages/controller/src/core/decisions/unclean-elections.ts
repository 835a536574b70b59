/**
 * Looks again at partitions without a leader whose topics allow unclean elections: the setting may have been changed
 * since their last leader went.
 */
import type { MetadataRecord } from '@tidelog/metadata';
import type { DecisionContext } from '../decision.ts';
import { noLeader } from '../partition-change.ts';
import { planChange, topicsOf } from '../partition-changes.ts';
import { uncleanElectionEnabled } from '../topic-settings.ts';

export function decideUncleanElections(context: DecisionContext): readonly MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const topic of topicsOf(context, context.index.leaderless.topics())) {
    if (!uncleanElectionEnabled(context, topic.name)) continue;
    for (const [partitionId, partition] of topic.partitions) {
      if (partition.leader !== noLeader) continue;
      const change = planChange(context, { topic, partitionId, partition, election: 'unclean' });
      if (change !== undefined) records.push(change);
    }
  }
  return records;
}
