/**
 * A topic's effective configs as the log takes them. Structurally the LogConfig of packages/log, which may not be
 * imported from here.
 */
import { must } from '@tidelog/core';
import { longMax } from './config-spec.ts';
import type { ConfigDefinition, ConfigValue } from './config-definition.ts';
import { topicValuesOf, type TopicConfigValues } from './config-tables.ts';
import { defaultValue, parseConfigValue } from './config-value.ts';
import type { EffectiveConfigs } from './effective-config.ts';

export interface TopicLogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly indexIntervalBytes: number;
  readonly segmentIndexBytes: number;
  readonly retentionMs: number;
  readonly retentionBytes: number;
  readonly cleanupPolicy: readonly ('delete' | 'compact')[];
  readonly maxMessageBytes: number;
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime';
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
  readonly compressionType: 'producer' | 'uncompressed' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
  /** The level of that codec; absent for its default and for `producer`. */
  readonly compressionLevel?: number;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly fileDeleteDelayMs: number;
  /** Infinity for never, as the age that follows. */
  readonly flushMessages: number;
  readonly flushMs: number;
  readonly preallocate: boolean;
  readonly flushBeforeAck: boolean;
}

/**
 * The typed values of a topic's effective configs (effectiveTopicConfig). A value that its key does not allow, from an
 * older or newer controller, gives way to the default.
 */
export function topicConfigValues(effective: EffectiveConfigs): TopicConfigValues {
  return topicValuesOf((definition) => {
    const text = effective.get(definition.name)?.value;
    return text === undefined || text === null ? defaultValue(definition) : parsedOrDefault(definition, text);
  });
}

/** The default where the text is none that the key allows. */
export function parsedOrDefault(definition: ConfigDefinition, text: string): ConfigValue {
  if (text === definition.default) return defaultValue(definition);
  try {
    return parseConfigValue(definition, text);
  } catch {
    return defaultValue(definition);
  }
}

/** From effectiveTopicConfig. Costs tens of microseconds: topics without configs of their own can share one. */
export function logConfigOf(effective: EffectiveConfigs): TopicLogConfig {
  const values = topicConfigValues(effective);
  return {
    segmentBytes: values['internal.segment.bytes'] ?? values['segment.bytes'],
    segmentMs: values['segment.ms'],
    segmentJitterMs: values['segment.jitter.ms'],
    indexIntervalBytes: values['index.interval.bytes'],
    segmentIndexBytes: values['segment.index.bytes'],
    retentionMs: values['retention.ms'],
    retentionBytes: values['retention.bytes'],
    cleanupPolicy: values['cleanup.policy'].map((policy) => (policy === 'compact' ? 'compact' : 'delete')),
    maxMessageBytes: values['max.message.bytes'],
    messageTimestampType: values['message.timestamp.type'] === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: unlimited(values['message.timestamp.before.max.ms']),
    messageTimestampAfterMaxMs: unlimited(values['message.timestamp.after.max.ms']),
    ...compressionOf(values),
    deleteRetentionMs: values['delete.retention.ms'],
    minCompactionLagMs: values['min.compaction.lag.ms'],
    maxCompactionLagMs: unlimited(values['max.compaction.lag.ms']),
    minCleanableDirtyRatio: values['min.cleanable.dirty.ratio'],
    fileDeleteDelayMs: values['file.delete.delay.ms'],
    flushMessages: unlimited(values['flush.messages']),
    flushMs: unlimited(values['flush.ms']),
    preallocate: values['preallocate'],
    flushBeforeAck: values['flush.before.ack'],
  };
}

/** Java's Long.MAX_VALUE is how Kafka spells "no limit". */
function unlimited(value: number): number {
  return value === longMax ? Infinity : value;
}

const compressionTypes = ['producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

function compressionOf(values: TopicConfigValues): Pick<TopicLogConfig, 'compressionType' | 'compressionLevel'> {
  const text = values['compression.type'];
  const compressionType = must(
    compressionTypes.find((type) => type === text),
    `compression.type ${text}`,
  );
  switch (compressionType) {
    case 'gzip': {
      const level = values['compression.gzip.level'];
      return level === -1 ? { compressionType } : { compressionType, compressionLevel: level };
    }
    case 'lz4':
      return { compressionType, compressionLevel: values['compression.lz4.level'] };
    case 'zstd':
      return { compressionType, compressionLevel: values['compression.zstd.level'] };
    default:
      return { compressionType };
  }
}
