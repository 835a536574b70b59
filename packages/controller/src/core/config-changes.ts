/**
 * Dynamic configs of one resource: from operations to the texts that will be set, judged as a whole, and to records for
 * what differs. Refuses unknown resources and keys, values that are not allowed, and lists where there is none.
 */
import {
  configDefinitions,
  ConfigError,
  ConfigResourceType,
  validateClientMetricsConfig,
  validateDynamicBrokerConfig,
  validateGroupConfig,
  validateTopicConfig,
  type ConfigTable,
  type ConfigTexts,
  type MetadataRecord,
} from '@tidelog/metadata';
import { ErrorCode } from '@tidelog/protocol';
import { refusal, type DecisionContext, type Refusal, type Verdict } from './decision.ts';
import { hasDuplicates } from './lists.ts';
import { isElrEnabled, minInSyncReplicasKey } from './topic-settings.ts';

export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
}

export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

export type TopicConfigs = readonly { readonly name: string; readonly value: string | null }[];

/** Configs of a topic that is to be created. */
export function judgeTopicConfigs(configs: TopicConfigs): Verdict {
  if (configs.length === 0) return undefined;
  if (hasDuplicates(configs.map(({ name }) => name))) {
    return refusal(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys');
  }
  const texts = new Map<string, string>();
  for (const { name, value } of configs) {
    if (value === null) {
      return refusal(ErrorCode.INVALID_CONFIG, `Null value not supported for topic configs: ${name}`);
    }
    texts.set(name, value);
  }
  return judged(() => validateTopicConfig(texts));
}

/** The records that change a resource's configs as told; `replace` drops what is not named (legacy AlterConfigs). */
export function planConfigChanges(
  context: DecisionContext,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  { replace }: { readonly replace: boolean },
): MetadataRecord[] | Refusal {
  const { resourceType, resourceName } = resource;
  const table = tableOf(resourceType);
  const verdict = judgeResource(context, resource) ?? judgeNames(changes);
  if (verdict !== undefined) return verdict;
  if (table === undefined) return unsupportedType(resourceType);
  const current = context.image.configs.get(resourceType, resourceName);
  const next = new Map(replace ? [] : current);
  for (const change of changes) {
    const refused = applyChange(next, change, table);
    if (refused !== undefined) return refused;
  }
  const refused = judgeElr(context, resource, current, next) ?? judged(() => validate(resource, next));
  return refused ?? differences(resource, current, next);
}

function tableOf(resourceType: number): ConfigTable | undefined {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return configDefinitions.topic;
    case ConfigResourceType.BROKER:
      return configDefinitions.broker;
    case ConfigResourceType.GROUP:
      return configDefinitions.group;
    case ConfigResourceType.CLIENT_METRICS:
      return configDefinitions.clientMetrics;
    default:
      return undefined;
  }
}

function unsupportedType(resourceType: number): Refusal {
  const name = resourceType === ConfigResourceType.BROKER_LOGGER ? 'BROKER_LOGGER' : String(resourceType);
  return refusal(ErrorCode.INVALID_REQUEST, `Unexpected resource type ${name}.`);
}

function judgeResource({ image }: DecisionContext, { resourceType, resourceName }: ConfigResource): Verdict {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return image.topics.get(resourceName) === undefined
        ? refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`)
        : undefined;
    case ConfigResourceType.BROKER:
      return judgeBrokerName(image.cluster, resourceName);
    case ConfigResourceType.GROUP:
    case ConfigResourceType.CLIENT_METRICS:
      return resourceName === ''
        ? refusal(ErrorCode.INVALID_REQUEST, 'The resource name must not be empty.')
        : undefined;
    default:
      return unsupportedType(resourceType);
  }
}

function judgeBrokerName(cluster: DecisionContext['image']['cluster'], name: string): Verdict {
  if (name === '') return undefined;
  if (!/^\d{1,10}$/.test(name)) {
    return refusal(ErrorCode.INVALID_REQUEST, 'Unable to parse broker name as a base 10 number.');
  }
  const id = Number(name);
  if (cluster.broker(id) !== undefined || cluster.controllers.has(id)) return undefined;
  return refusal(ErrorCode.BROKER_ID_NOT_REGISTERED, `No broker with id ${id} found.`);
}

function judgeNames(changes: readonly ConfigChange[]): Verdict {
  if (hasDuplicates(changes.map(({ name }) => name))) {
    return refusal(ErrorCode.INVALID_REQUEST, 'Error due to duplicate config keys');
  }
  const withoutValue = changes.find((change) => {
    return change.value === null && change.configOperation !== ConfigOperation.DELETE;
  });
  return withoutValue === undefined
    ? undefined
    : refusal(ErrorCode.INVALID_REQUEST, `Null value not supported for : ${withoutValue.name}`);
}

function applyChange(texts: Map<string, string>, change: ConfigChange, table: ConfigTable): Verdict {
  const { name, configOperation } = change;
  const value = change.value ?? '';
  switch (configOperation) {
    case ConfigOperation.SET:
      texts.set(name, value);
      return undefined;
    case ConfigOperation.DELETE:
      texts.delete(name);
      return undefined;
    case ConfigOperation.APPEND:
    case ConfigOperation.SUBTRACT: {
      const definition = table.get(name);
      const verb = configOperation === ConfigOperation.APPEND ? 'APPEND to' : 'SUBTRACT from';
      if (definition?.type !== 'list') {
        return refusal(ErrorCode.INVALID_CONFIG, `Can't ${verb} key ${name} because its type is not LIST.`);
      }
      const before = elements(texts.get(name) ?? definition.default ?? '');
      const given = elements(value);
      const kept = before.filter((element) => !given.includes(element));
      const after = configOperation === ConfigOperation.SUBTRACT ? kept : [...new Set([...before, ...given])];
      texts.set(name, after.join(','));
      return undefined;
    }
    default:
      return refusal(ErrorCode.INVALID_REQUEST, `Unknown config operation ${configOperation} for key ${name}`);
  }
}

function elements(list: string): string[] {
  return list
    .split(',')
    .map((element) => element.trim())
    .filter((element) => element !== '');
}

/** While eligible leader replicas are kept, every node must have the same min.insync.replicas at hand (KIP-966). */
function judgeElr(
  { image }: DecisionContext,
  { resourceType, resourceName }: ConfigResource,
  current: ConfigTexts,
  next: ConfigTexts,
): Verdict {
  if (resourceType !== ConfigResourceType.BROKER || !isElrEnabled(image)) return undefined;
  const before = current.get(minInSyncReplicasKey);
  const after = next.get(minInSyncReplicasKey);
  if (before === after) return undefined;
  if (resourceName !== '') {
    const detail = `Broker-level ${minInSyncReplicasKey} cannot be altered while ELR is enabled.`;
    return refusal(ErrorCode.INVALID_CONFIG, detail);
  }
  if (after !== undefined) return undefined;
  const detail = `Cluster-level ${minInSyncReplicasKey} cannot be removed while ELR is enabled.`;
  return refusal(ErrorCode.INVALID_CONFIG, detail);
}

function validate({ resourceType, resourceName }: ConfigResource, texts: ConfigTexts): void {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      validateTopicConfig(texts);
      return;
    case ConfigResourceType.BROKER:
      validateDynamicBrokerConfig(texts, { clusterDefault: resourceName === '' });
      return;
    case ConfigResourceType.GROUP:
      validateGroupConfig(texts);
      return;
    default:
      validateClientMetricsConfig(texts);
  }
}

function judged(check: () => unknown): Verdict {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return refusal(ErrorCode.INVALID_CONFIG, error.message);
    throw error;
  }
}

function differences(resource: ConfigResource, current: ConfigTexts, next: ConfigTexts): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  for (const [name, value] of next) {
    if (current.get(name) !== value) records.push({ type: 'config', ...resource, name, value });
  }
  for (const name of current.keys()) {
    if (!next.has(name)) records.push({ type: 'config', ...resource, name, value: null });
  }
  return records;
}
