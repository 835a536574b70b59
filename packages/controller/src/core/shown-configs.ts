/**
 * The configs of a new topic as the response to CreateTopics shows them: all of them, with where each comes from.
 */
import {
  ConfigResourceType,
  ConfigsImage,
  effectiveTopicConfig,
  resourceKey,
  type ConfigTexts,
} from '@tidelog/metadata';
import type { TopicConfigs } from './config-changes.ts';
import type { DecisionContext } from './decision.ts';

export interface ShownConfig {
  readonly name: string;
  readonly value: string | null;
  readonly readOnly: boolean;
  readonly configSource: number;
  readonly isSensitive: boolean;
}

type ConfigsContext = Pick<DecisionContext, 'image' | 'config'>;

/** What topics without configs of their own show, for a cluster default and a server.properties. */
interface Defaults {
  readonly clusterDefault: ConfigTexts;
  readonly shown: readonly ShownConfig[];
}

/** Most topics are created without configs: theirs are computed once, not ten thousand times. */
const defaultsOf = new WeakMap<ConfigTexts, Defaults>();

export function shownTopicConfigs(context: ConfigsContext, configs: TopicConfigs): readonly ShownConfig[] {
  if (configs.length > 0) return compute(context, configs);
  const { staticConfigs } = context.config;
  const clusterDefault = context.image.configs.clusterDefault();
  const known = defaultsOf.get(staticConfigs);
  if (known?.clusterDefault === clusterDefault) return known.shown;
  const shown = compute(context, configs);
  defaultsOf.set(staticConfigs, { clusterDefault, shown });
  return shown;
}

function compute({ image, config }: ConfigsContext, configs: TopicConfigs): ShownConfig[] {
  const texts = new Map(configs.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])));
  const name = '';
  const overlay = new ConfigsImage(image.configs.byResource.set(resourceKey(ConfigResourceType.TOPIC, name), texts));
  const effective = effectiveTopicConfig({ configs: overlay, brokerId: -1, staticConfig: config.staticConfigs }, name);
  return Array.from(effective.values(), ({ definition, value, source }) => ({
    name: definition.name,
    value: definition.sensitive ? null : value,
    readOnly: false,
    configSource: source,
    isSensitive: definition.sensitive,
  }));
}
