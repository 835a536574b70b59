/**
 * Whole sets of configs: are the keys known, the values allowed, and do they go together. Each function throws
 * ConfigError at the first offence and returns the parsed values of what was set.
 */
import { must } from '@tidelog/core';
import type { ConfigDefinition, ConfigValue } from './config-definition.ts';
import {
  brokerDefinition,
  brokerValuesOf,
  configDefinitions,
  isListenerKey,
  type BrokerConfigValues,
  type ConfigTable,
} from './config-tables.ts';
import { ConfigError, defaultValue, parseConfigValue } from './config-value.ts';
import { effectiveBrokerValue, type ConfigContext } from './effective-config.ts';
import { hintFor } from './nearest-key.ts';

export type ConfigValues = ReadonlyMap<string, ConfigValue>;

/** What is, or is to be, set for a topic. */
export function validateTopicConfig(texts: ReadonlyMap<string, string>): ConfigValues {
  const values = parseAll(configDefinitions.topic, texts, 'topic');
  const minLag = numberOr(configDefinitions.topic, values, 'min.compaction.lag.ms');
  const maxLag = numberOr(configDefinitions.topic, values, 'max.compaction.lag.ms');
  if (minLag > maxLag) {
    throw new ConfigError(
      'max.compaction.lag.ms',
      `conflict topic config setting min.compaction.lag.ms (${minLag}) > max.compaction.lag.ms (${maxLag})`,
    );
  }
  if (values.get('remote.storage.enable') === true) {
    throw new ConfigError(
      'remote.storage.enable',
      'Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.',
    );
  }
  return values;
}

/** What is, or is to be, set for one broker, or with `clusterDefault` for all, while they run. */
export function validateDynamicBrokerConfig(
  texts: ReadonlyMap<string, string>,
  options: { readonly clusterDefault: boolean },
): ConfigValues {
  const out = new Map<string, ConfigValue>();
  for (const [name, text] of texts) {
    const definition = brokerDefinition(name);
    if (definition === undefined) throw unknownKey(configDefinitions.broker, name, 'broker');
    if (definition.update === 'read-only') {
      throw new ConfigError(
        name,
        `Cannot update these configs dynamically: ${name}; restart the broker with it instead`,
      );
    }
    if (options.clusterDefault && (definition.update === 'per-broker' || isListenerKey(name))) {
      throw new ConfigError(name, `Cannot update per-broker configs for all brokers: ${name}; name a broker`);
    }
    out.set(name, parseConfigValue(definition, text));
  }
  return out;
}

/** What is, or is to be, set for a group. With a context also against the bounds that the broker's keys set. */
export function validateGroupConfig(texts: ReadonlyMap<string, string>, context?: ConfigContext): ConfigValues {
  const values = parseAll(configDefinitions.group, texts, 'group');
  for (const kind of ['consumer', 'share', 'streams']) {
    const session = numberOr(configDefinitions.group, values, `${kind}.session.timeout.ms`);
    const heartbeat = numberOr(configDefinitions.group, values, `${kind}.heartbeat.interval.ms`);
    if (session <= heartbeat) {
      const key = `${kind}.session.timeout.ms`;
      throw new ConfigError(key, `${key} must be greater than ${kind}.heartbeat.interval.ms`);
    }
  }
  if (context !== undefined) for (const [name, value] of values) withinBounds(context, name, value);
  return values;
}

export function validateClientMetricsConfig(texts: ReadonlyMap<string, string>): ConfigValues {
  const values = parseAll(configDefinitions.clientMetrics, texts, 'client metrics');
  const interval = values.get('interval.ms');
  if (typeof interval === 'number' && (interval < 100 || interval > 3_600_000)) {
    throw new ConfigError(
      'interval.ms',
      `Invalid value ${interval} for configuration interval.ms: must be between 100 and 3600000`,
    );
  }
  return values;
}

/**
 * The keys of server.properties, environment and command line: typed values of all broker keys, defaults filled in.
 * An unknown key is an error that names the nearest one. Rules between keys are the server's, which knows its roles.
 */
export function parseBrokerConfig(texts: ReadonlyMap<string, string>): BrokerConfigValues {
  for (const [name, text] of texts) {
    const definition = brokerDefinition(name);
    if (definition === undefined) throw unknownKey(configDefinitions.broker, name, 'server');
    parseConfigValue(definition, text);
  }
  return brokerValuesOf((definition) => {
    const text = texts.get(definition.name);
    return text === undefined ? defaultValue(definition) : parseConfigValue(definition, text);
  });
}

/** Keys that were set and mean nothing here, for a warning each. */
export function ignoredKeys(names: Iterable<string>): ConfigDefinition[] {
  const out: ConfigDefinition[] = [];
  for (const name of names) {
    const definition = brokerDefinition(name);
    if (definition?.support === 'ignored') out.push(definition);
  }
  return out;
}

function parseAll(table: ConfigTable, texts: ReadonlyMap<string, string>, kind: string): Map<string, ConfigValue> {
  const out = new Map<string, ConfigValue>();
  for (const [name, text] of texts) {
    const definition = table.get(name);
    if (definition === undefined) throw unknownKey(table, name, kind);
    out.set(name, parseConfigValue(definition, text));
  }
  return out;
}

function unknownKey(table: ConfigTable, name: string, kind: string): ConfigError {
  return new ConfigError(name, `Unknown ${kind} config name: ${name}${hintFor(name, table.keys())}`);
}

function numberOr(table: ConfigTable, values: ConfigValues, name: string): number {
  return Number(values.get(name) ?? defaultValue(must(table.get(name), name)));
}

/** A group's key `consumer.x` lies between the broker's keys `group.consumer.min.x` and `group.consumer.max.x`. */
function withinBounds(context: ConfigContext, name: string, value: ConfigValue): void {
  const [kind = '', ...rest] = name.split('.');
  for (const side of ['min', 'max'] as const) {
    const key = `group.${kind}.${side}.${rest.join('.')}`;
    const text = configDefinitions.broker.has(key) ? effectiveBrokerValue(context, key) : null;
    if (text === null || typeof value !== 'number') continue;
    if (side === 'min' && value < Number(text)) {
      throw new ConfigError(name, `${name} must be greater than or equal to ${key} (${text})`);
    }
    if (side === 'max' && value > Number(text)) {
      throw new ConfigError(name, `${name} must be less than or equal to ${key} (${text})`);
    }
  }
}
