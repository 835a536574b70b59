/**
 * DescribeConfigs v1-4: what a topic's, broker's, group's or client-metrics subscription's configs come to, where each
 * value is from and what else it could have been. Sensitive values are never shown.
 */
import {
  ConfigResourceType,
  ConfigSource,
  effectiveBrokerConfig,
  effectiveClientMetricsConfig,
  effectiveGroupConfig,
  effectiveTopicConfig,
  type ConfigType,
  type EffectiveConfig,
  type MetadataImage,
} from '@tidelog/metadata';
import { handler, type RequestContext } from '@tidelog/net';
import { DescribeConfigs, ErrorCode, type RequestOf, type ResponseInputOf } from '@tidelog/protocol';
import { clusterResource, type Authorizer } from '../authorizer.ts';
import { isLegalTopicName } from '../topics/topic-name.ts';

export interface DescribeConfigsDeps {
  readonly nodeId: number;
  readonly image: () => MetadataImage;
  readonly authorizer: Authorizer;
  /** server.properties with its overrides, as texts. */
  readonly staticConfig: ReadonlyMap<string, string>;
}

type Request = RequestOf<typeof DescribeConfigs>;
type Resource = Request['resources'][number];
type Result = ResponseInputOf<typeof DescribeConfigs>['results'][number];

const typeCodes: Readonly<Record<ConfigType, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
};

export const describeConfigs = handler(DescribeConfigs, [1, 4], (deps: DescribeConfigsDeps, request, context) => ({
  throttleTimeMs: 0,
  results: request.resources.map((resource) => describe(deps, { request, resource, context })),
}));

interface Question {
  readonly request: Request;
  readonly resource: Resource;
  readonly context: RequestContext;
}

function describe(deps: DescribeConfigsDeps, { request, resource, context }: Question): Result {
  const { resourceType, resourceName, configurationKeys } = resource;
  const found = lookUp(deps, resource, context);
  if (!(found instanceof Map)) {
    const [errorCode, errorMessage] = found as readonly [ErrorCode, string];
    return { errorCode, errorMessage, resourceType, resourceName, configs: [] };
  }
  const wanted = configurationKeys === null || configurationKeys.length === 0 ? undefined : new Set(configurationKeys);
  const configs = [...(found as ReadonlyMap<string, EffectiveConfig>).values()]
    .filter(({ definition }) => !definition.internal && (wanted === undefined || wanted.has(definition.name)))
    .map((config) => shape(config, request, resourceType));
  return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs };
}

function shape(config: EffectiveConfig, request: Request, resourceType: number): Result['configs'][number] {
  const { definition, value, source, synonyms } = config;
  const shown = (text: string | null): string | null => (definition.sensitive ? null : text);
  return {
    name: definition.name,
    value: shown(value),
    readOnly: resourceType === ConfigResourceType.BROKER && definition.update === 'read-only',
    configSource: source,
    isSensitive: definition.sensitive,
    synonyms: request.includeSynonyms
      ? synonyms.map((synonym) => ({ name: synonym.name, value: shown(synonym.value), source: synonym.source }))
      : [],
    configType: typeCodes[definition.type],
    documentation: request.includeDocumentation ? definition.documentation : null,
  };
}

type Failure = readonly [ErrorCode, string];

function lookUp(
  deps: DescribeConfigsDeps,
  { resourceType, resourceName }: Resource,
  context: RequestContext,
): ReadonlyMap<string, EffectiveConfig> | Failure {
  const { authorizer, nodeId, staticConfig } = deps;
  const image = deps.image();
  const configContext = { configs: image.configs, brokerId: nodeId, staticConfig };
  const allowed = (type: 'TOPIC' | 'GROUP'): boolean =>
    authorizer.allowsAll || authorizer.authorize(context, 'DESCRIBE_CONFIGS', { type, name: resourceName });
  const allowedOnCluster = authorizer.allowsAll || authorizer.authorize(context, 'DESCRIBE_CONFIGS', clusterResource);
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      if (!allowed('TOPIC')) return [ErrorCode.TOPIC_AUTHORIZATION_FAILED, 'Not allowed to describe its configs.'];
      if (!isLegalTopicName(resourceName)) return [ErrorCode.INVALID_TOPIC_EXCEPTION, 'This is not a topic name.'];
      if (image.topics.get(resourceName) === undefined) {
        return [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic ${resourceName}.`];
      }
      return effectiveTopicConfig(configContext, resourceName);
    case ConfigResourceType.BROKER:
      if (!allowedOnCluster) return [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Not allowed to describe configs.'];
      if (resourceName === '') return clusterDefaults(effectiveBrokerConfig(configContext));
      if (resourceName === String(nodeId)) return effectiveBrokerConfig(configContext);
      return [ErrorCode.INVALID_REQUEST, `Ask broker ${resourceName} itself: this is broker ${nodeId}.`];
    case ConfigResourceType.GROUP:
      if (!allowed('GROUP')) return [ErrorCode.GROUP_AUTHORIZATION_FAILED, 'Not allowed to describe its configs.'];
      if (resourceName === '') return [ErrorCode.INVALID_REQUEST, 'A group has a name.'];
      return effectiveGroupConfig(configContext, resourceName);
    case ConfigResourceType.CLIENT_METRICS:
      if (!allowedOnCluster) return [ErrorCode.CLUSTER_AUTHORIZATION_FAILED, 'Not allowed to describe configs.'];
      return effectiveClientMetricsConfig(configContext, resourceName);
    default:
      return [ErrorCode.INVALID_REQUEST, `Resources of type ${resourceType} have no configs here.`];
  }
}

/** Of the default broker: only what was set for all of them. */
function clusterDefaults(all: ReadonlyMap<string, EffectiveConfig>): ReadonlyMap<string, EffectiveConfig> {
  const out = new Map<string, EffectiveConfig>();
  for (const [name, config] of all) {
    const own = config.synonyms.find(({ source }) => source === ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
    if (own !== undefined) out.set(name, { ...config, value: own.value, source: own.source });
  }
  return out;
}
