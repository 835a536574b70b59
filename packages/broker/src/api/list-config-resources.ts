/** ListConfigResources v0-1 (KIP-1142): the names of resources that have, or could have, dynamic configs. */
import { ConfigResourceType, type MetadataImage } from '@tidelog/metadata';
import { handler } from '@tidelog/net';
import { ErrorCode, ListConfigResources } from '@tidelog/protocol';
import { clusterResource, type Authorizer } from '../authorizer.ts';

export interface ListConfigResourcesDeps {
  readonly image: () => MetadataImage;
  readonly authorizer: Authorizer;
}

const listable: readonly number[] = [
  ConfigResourceType.TOPIC,
  ConfigResourceType.BROKER,
  ConfigResourceType.BROKER_LOGGER,
  ConfigResourceType.CLIENT_METRICS,
  ConfigResourceType.GROUP,
];

export const listConfigResources = handler(
  ListConfigResources,
  [0, 1],
  ({ image, authorizer }: ListConfigResourcesDeps, request, context) => {
    if (!authorizer.allowsAll && !authorizer.authorize(context, 'DESCRIBE_CONFIGS', clusterResource)) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, configResources: [] };
    }
    const all = request.resourceTypes.length === 0 ? listable : request.resourceTypes;
    const types = context.apiVersion === 0 ? [ConfigResourceType.CLIENT_METRICS] : [...new Set(all)];
    if (types.some((type) => !listable.includes(type))) {
      return { throttleTimeMs: 0, errorCode: ErrorCode.UNSUPPORTED_VERSION, configResources: [] };
    }
    const configResources = types.flatMap((resourceType) =>
      namesOf(image(), resourceType).map((resourceName) => ({ resourceName, resourceType })),
    );
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, configResources };
  },
);

function namesOf(image: MetadataImage, resourceType: number): string[] {
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return Array.from(image.topics, ({ name }) => name);
    case ConfigResourceType.BROKER:
    case ConfigResourceType.BROKER_LOGGER:
      return Array.from(image.cluster.brokers.keys(), String);
    default:
      return [...image.configs.resourcesOf(resourceType)];
  }
}
