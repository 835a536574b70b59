/**
 * How the coordinators' topics are created: partitions, replication and configs of `__consumer_offsets`, from
 * `offsets.topic.*`.
 */
import type { TopicSpec } from './topic-creation.ts';

export const offsetsTopic = '__consumer_offsets';

export interface InternalTopicConfig {
  /** offsets.topic.num.partitions */
  readonly offsetsTopicNumPartitions: number;
  /** offsets.topic.replication.factor */
  readonly offsetsTopicReplicationFactor: number;
  /** offsets.topic.segment.bytes */
  readonly offsetsTopicSegmentBytes: number;
}

export function offsetsTopicSpec(config: InternalTopicConfig): TopicSpec {
  return {
    name: offsetsTopic,
    numPartitions: config.offsetsTopicNumPartitions,
    replicationFactor: config.offsetsTopicReplicationFactor,
    configs: [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(config.offsetsTopicSegmentBytes) },
    ],
  };
}
