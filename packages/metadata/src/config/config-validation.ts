/**
 * Whole sets of configs: known keys, values, and the rules between keys. Each throws ConfigError at the first offence.
 */
import type { ConfigValue } from './config-definition.ts';

/** What was set for a topic. Returns the parsed values. */
export declare function validateTopicConfig(texts: ReadonlyMap<string, string>): ReadonlyMap<string, ConfigValue>;
/** Per-broker (or, with clusterDefault, cluster-wide) dynamic configs as they are to be. */
export declare function validateDynamicBrokerConfig(
  texts: ReadonlyMap<string, string>,
  options: { readonly clusterDefault: boolean },
): ReadonlyMap<string, ConfigValue>;
export declare function validateGroupConfig(texts: ReadonlyMap<string, string>): ReadonlyMap<string, ConfigValue>;
export declare function validateClientMetricsConfig(texts: ReadonlyMap<string, string>): ReadonlyMap<string, ConfigValue>;
