/**
 * What a resource's configs come to, with the sources and synonyms that DescribeConfigs shows. Precedence: what was set
 * for the resource; then, for each broker key that supplies the default, in order: what was set for this broker, for
 * all brokers, in server.properties; then the defaults.
 */
import type { ConfigsImage, ConfigTexts } from '../image/configs-image.ts';
import type { ConfigDefinition, ConfigSynonym } from './config-definition.ts';
import { brokerDefinition, configDefinitions, isListenerKey, type ConfigTable } from './config-tables.ts';
import { ConfigError, formatConfigValue, parseConfigValue } from './config-value.ts';

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
  /** Every value that it could have been, the one that it is first. */
  readonly synonyms: readonly ConfigSynonymValue[];
}

export type EffectiveConfigs = ReadonlyMap<string, EffectiveConfig>;

/** What a broker brings to the computation: itself, its server.properties and the dynamic configs. */
export interface ConfigContext {
  readonly configs: ConfigsImage;
  /** -1 for a controller or a tool, which sees no per-broker configs. */
  readonly brokerId: number;
  /** The keys of server.properties, environment and command line, as texts. */
  readonly staticConfig: ReadonlyMap<string, string>;
}

export function effectiveTopicConfig(context: ConfigContext, topic: string): EffectiveConfigs {
  return topicConfigOf(context, context.configs.topic(topic));
}

/** Of a topic that has, or would have, these configs. */
export function topicConfigOf(context: ConfigContext, texts: ConfigTexts): EffectiveConfigs {
  return effectiveOf(configDefinitions.topic, { texts, source: ConfigSource.DYNAMIC_TOPIC_CONFIG }, context);
}

export function effectiveGroupConfig(context: ConfigContext, groupId: string): EffectiveConfigs {
  const texts = context.configs.group(groupId);
  return effectiveOf(configDefinitions.group, { texts, source: ConfigSource.DYNAMIC_GROUP_CONFIG }, context);
}

export function effectiveClientMetricsConfig(context: ConfigContext, subscription: string): EffectiveConfigs {
  const texts = context.configs.clientMetrics(subscription);
  const source = ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG;
  return effectiveOf(configDefinitions.clientMetrics, { texts, source }, context);
}

/** All broker keys, and the keys for single listeners that are set somewhere. */
export function effectiveBrokerConfig(context: ConfigContext): EffectiveConfigs {
  const layers = brokerLayers(context);
  const out = new Map<string, EffectiveConfig>();
  const add = (definition: ConfigDefinition): void => {
    const synonyms = [...valuesIn(layers, definition.name)];
    if (definition.default !== null && definition.default !== undefined) synonyms.push(defaultOf(definition));
    out.set(definition.name, effective(definition, synonyms));
  };
  for (const definition of configDefinitions.broker.values()) add(definition);
  for (const { texts } of layers) {
    for (const name of texts.keys()) {
      const definition = isListenerKey(name) && !out.has(name) ? brokerDefinition(name) : undefined;
      if (definition !== undefined) add({ ...definition, default: null });
    }
  }
  return out;
}

/** One broker key's value as text; null where it has none. */
export function effectiveBrokerValue(context: ConfigContext, name: string): string | null {
  for (const { value } of valuesIn(brokerLayers(context), name)) return value;
  return brokerDefinition(name)?.default ?? null;
}

interface Layer {
  readonly texts: ConfigTexts;
  readonly source: ConfigSource;
}

function brokerLayers({ configs, brokerId, staticConfig }: ConfigContext): readonly Layer[] {
  return [
    ...(brokerId < 0 ? [] : [{ texts: configs.broker(brokerId), source: ConfigSource.DYNAMIC_BROKER_CONFIG }]),
    { texts: configs.clusterDefault(), source: ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG },
    { texts: staticConfig, source: ConfigSource.STATIC_BROKER_CONFIG },
  ];
}

function effectiveOf(table: ConfigTable, own: Layer, context: ConfigContext): EffectiveConfigs {
  const layers = brokerLayers(context);
  const out = new Map<string, EffectiveConfig>();
  for (const definition of table.values()) {
    const synonyms = [...valuesIn([own], definition.name)];
    for (const { name } of definition.synonyms) synonyms.push(...valuesIn(layers, name));
    for (const { name } of definition.synonyms) {
      const supplier = configDefinitions.broker.get(name);
      if (supplier?.default !== null && supplier?.default !== undefined) synonyms.push(defaultOf(supplier));
    }
    out.set(definition.name, effective(definition, synonyms));
  }
  return out;
}

function* valuesIn(layers: readonly Layer[], name: string): Generator<ConfigSynonymValue> {
  for (const { texts, source } of layers) {
    const value = texts.get(name);
    if (value !== undefined) yield { name, value, source };
  }
}

function defaultOf(definition: ConfigDefinition): ConfigSynonymValue {
  return { name: definition.name, value: definition.default ?? null, source: ConfigSource.DEFAULT_CONFIG };
}

function effective(definition: ConfigDefinition, synonyms: readonly ConfigSynonymValue[]): EffectiveConfig {
  const winner = synonyms[0];
  if (winner === undefined || winner.source === ConfigSource.DEFAULT_CONFIG) {
    return { definition, value: definition.default ?? null, source: ConfigSource.DEFAULT_CONFIG, synonyms };
  }
  return { definition, value: converted(definition, winner), source: winner.source, synonyms };
}

/** The winner's text in the unit of the key that it is a synonym of. */
function converted(definition: ConfigDefinition, winner: ConfigSynonymValue): string | null {
  if (winner.value === null || winner.name === definition.name) return winner.value;
  const synonym = definition.synonyms.find(({ name }) => name === winner.name);
  if (synonym === undefined || synonym.factor === 1) return winner.value;
  return scaled(definition, synonym, winner.value);
}

function scaled(definition: ConfigDefinition, synonym: ConfigSynonym, text: string): string | null {
  const supplier = configDefinitions.broker.get(synonym.name);
  const value = supplier === undefined ? undefined : parseConfigValue(supplier, text);
  if (typeof value !== 'number') throw new ConfigError(synonym.name, `${synonym.name} is not a number: ${text}`);
  return formatConfigValue(definition, value < 0 ? -1 : value * synonym.factor);
}
