/**
 * What a resource's configs come to, with the sources and synonyms that DescribeConfigs shows.
 */
import type { ConfigsImage } from '../image/configs-image.ts';
import type { ConfigDefinition } from './config-definition.ts';

/** Kafka's codes of where a value comes from. */
export const ConfigSource = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const;
export type ConfigSource = (typeof ConfigSource)[keyof typeof ConfigSource];

export interface ConfigSynonymValue {
  readonly name: string;
  readonly value: string | null;
  readonly source: ConfigSource;
}

export interface EffectiveConfig {
  readonly definition: ConfigDefinition;
  /** As text; the caller redacts it when the definition is sensitive. */
  readonly value: string | null;
  readonly source: ConfigSource;
  /** Every value that could have been it, the winning one first. */
  readonly synonyms: readonly ConfigSynonymValue[];
}

/** What a broker brings to the computation: itself, its server.properties and the dynamic configs. */
export interface ConfigContext {
  readonly configs: ConfigsImage;
  /** -1 for a controller or a tool, which sees no per-broker configs. */
  readonly brokerId: number;
  /** The keys of server.properties, environment and command line, as texts. */
  readonly staticConfig: ReadonlyMap<string, string>;
}

export declare function effectiveTopicConfig(context: ConfigContext, topic: string): ReadonlyMap<string, EffectiveConfig>;
export declare function effectiveBrokerConfig(context: ConfigContext): ReadonlyMap<string, EffectiveConfig>;
export declare function effectiveGroupConfig(context: ConfigContext, groupId: string): ReadonlyMap<string, EffectiveConfig>;
export declare function effectiveClientMetricsConfig(
  context: ConfigContext,
  subscription: string,
): ReadonlyMap<string, EffectiveConfig>;
