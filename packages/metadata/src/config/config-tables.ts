/**
 * All configuration keys by kind of resource, and their typed values. Broker and controller keys are one table, as a
 * process may be both.
 */
import type { ConfigDefinition, ConfigValue } from './config-definition.ts';
import type { ConfigSpec } from './config-spec.ts';
import { groupCoordinatorConfigs } from './broker/group-coordinator-configs.ts';
import { kraftConfigs } from './broker/kraft-configs.ts';
import { logConfigs } from './broker/log-configs.ts';
import { modernGroupConfigs } from './broker/modern-group-configs.ts';
import { oauthbearerConfigs } from './broker/oauthbearer-configs.ts';
import { quotaAndMetricConfigs } from './broker/quota-and-metric-configs.ts';
import { replicationConfigs } from './broker/replication-configs.ts';
import { saslConfigs } from './broker/sasl-configs.ts';
import { serverConfigs } from './broker/server-configs.ts';
import { shareConfigs } from './broker/share-configs.ts';
import { socketServerConfigs } from './broker/socket-server-configs.ts';
import { sslConfigs } from './broker/ssl-configs.ts';
import { tidelogConfigs } from './broker/tidelog-configs.ts';
import { tieredStorageConfigs } from './broker/tiered-storage-configs.ts';
import { transactionConfigs } from './broker/transaction-configs.ts';
import { clientMetricsSpecs } from './client-metrics-configs.ts';
import { groupSpecs } from './group-configs.ts';
import { topicSpecs } from './topic-configs.ts';

const brokerSpecs = [
  serverConfigs,
  kraftConfigs,
  socketServerConfigs,
  replicationConfigs,
  logConfigs,
  groupCoordinatorConfigs,
  modernGroupConfigs,
  shareConfigs,
  transactionConfigs,
  quotaAndMetricConfigs,
  saslConfigs,
  oauthbearerConfigs,
  sslConfigs,
  tieredStorageConfigs,
  tidelogConfigs,
] as const;

/** All tables of a union in one. */
type AllOf<U> = (U extends unknown ? (table: U) => void : never) extends (table: infer All) => void ? All : never;

/** The parsed values of a table, by key. */
export type ValuesOf<Specs> = {
  readonly [K in keyof Specs]: Specs[K] extends ConfigSpec<infer T> ? T : never;
};

export type BrokerConfigValues = ValuesOf<AllOf<(typeof brokerSpecs)[number]>>;
export type TopicConfigValues = ValuesOf<typeof topicSpecs>;
export type GroupConfigValues = ValuesOf<typeof groupSpecs>;
export type ClientMetricsConfigValues = ValuesOf<typeof clientMetricsSpecs>;
export type BrokerConfigKey = keyof BrokerConfigValues;
export type TopicConfigKey = keyof TopicConfigValues;
export type GroupConfigKey = keyof GroupConfigValues;

/** The keys of one kind of resource, by name. */
export type ConfigTable = ReadonlyMap<string, ConfigDefinition>;

export interface ConfigDefinitions {
  readonly topic: ConfigTable;
  readonly broker: ConfigTable;
  readonly group: ConfigTable;
  readonly clientMetrics: ConfigTable;
}

function tableOf(...specs: readonly Readonly<Record<string, ConfigSpec>>[]): ConfigTable {
  const table = new Map<string, ConfigDefinition>();
  for (const part of specs) for (const [name, spec] of Object.entries(part)) table.set(name, { name, ...spec });
  return table;
}

export const configDefinitions: ConfigDefinitions = {
  topic: tableOf(topicSpecs),
  broker: tableOf(...brokerSpecs),
  group: tableOf(groupSpecs),
  clientMetrics: tableOf(clientMetricsSpecs),
};

const listenerPrefix = /^listener\.name\.[^.]+\.(.+)$/;

/**
 * The definition of a broker key, also of one for a single listener: `listener.name.<listener>.<key>`, and for SASL
 * `listener.name.<listener>.<mechanism>.<key>` (whose name it then carries).
 */
export function brokerDefinition(name: string): ConfigDefinition | undefined {
  const known = configDefinitions.broker.get(name);
  if (known !== undefined) return known;
  const rest = listenerPrefix.exec(name)?.[1];
  if (rest === undefined) return undefined;
  const base = configDefinitions.broker.get(rest) ?? configDefinitions.broker.get(rest.slice(rest.indexOf('.') + 1));
  return base === undefined ? undefined : { ...base, name };
}

/** Whether a key applies to a single listener. */
export function isListenerKey(name: string): boolean {
  return listenerPrefix.test(name);
}

type Parse = (definition: ConfigDefinition) => ConfigValue;

/** All broker keys, parsed by `parse`. */
export function brokerValuesOf(parse: Parse): BrokerConfigValues {
  // The tables' types are made from the same specifications as their definitions, here and below.
  return valuesOf(configDefinitions.broker, parse) as BrokerConfigValues;
}

export function topicValuesOf(parse: Parse): TopicConfigValues {
  return valuesOf(configDefinitions.topic, parse) as TopicConfigValues;
}

export function groupValuesOf(parse: Parse): GroupConfigValues {
  return valuesOf(configDefinitions.group, parse) as GroupConfigValues;
}

function valuesOf(table: ConfigTable, parse: Parse): unknown {
  return Object.fromEntries([...table].map(([name, definition]) => [name, parse(definition)]));
}
