/**
 * Metadata v0-13: which brokers there are and who leads which partition. Creates missing topics when the client and
 * `auto.create.topics.enable` allow it, and waits a moment for them.
 */
import type { MetadataImage, TopicImage } from '@tidelog/metadata';
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, Metadata, type RequestOf, type ResponseInputOf } from '@tidelog/protocol';
import { zeroUuid } from '@tidelog/core';
import { clusterResource, type Authorizer } from '../authorizer.ts';
import { leaderError, leaderFor, offlineReplicas, reachableBrokers } from '../cluster-view.ts';
import { isInternalTopic } from '../internal-topics.ts';
import { isLegalTopicName } from '../topics/topic-name.ts';
import type { TopicCreation, TopicSpec } from '../topics/topic-creation.ts';

export interface MetadataDeps {
  readonly clusterId: string;
  readonly image: () => MetadataImage;
  readonly authorizer: Authorizer;
  readonly topicCreation: TopicCreation;
  /** The spec of a topic that may be created because it was asked for; undefined when it may not. */
  readonly autoCreated: (name: string) => TopicSpec | undefined;
  /** Random among the reachable brokers, as KRaft's brokers do: clients send admin requests there to be forwarded. */
  readonly pick: (count: number) => number;
}

type Request = RequestOf<typeof Metadata>;
type TopicAnswer = NonNullable<ResponseInputOf<typeof Metadata>['topics']>[number];

export const metadata = handler(Metadata, [0, 13], async (deps: MetadataDeps, request, context) => {
  const { topics, error } = await answers(deps, request, context);
  const brokers = reachableBrokers(deps.image(), context.listenerName);
  return {
    throttleTimeMs: 0,
    brokers,
    clusterId: deps.clusterId,
    controllerId: brokers[deps.pick(brokers.length)]?.nodeId ?? -1,
    topics,
    errorCode: error,
  };
});

async function answers(
  deps: MetadataDeps,
  request: Request,
  context: RequestContext,
): Promise<{ topics: TopicAnswer[]; error: ErrorCode }> {
  const { topics } = request;
  const version = context.apiVersion;
  if (topics === null || (version === 0 && topics.length === 0)) {
    const all = [...deps.image().topics].filter((topic) => mayDescribe(deps, context, topic.name));
    return { topics: all.map((topic) => describe(deps.image(), topic, context)), error: ErrorCode.NONE };
  }
  const usesIds = topics.some((topic) => topic.topicId !== zeroUuid);
  const lacksName = topics.some((topic) => topic.name === null && topic.topicId === zeroUuid);
  if (lacksName || (version < 12 && (usesIds || topics.some((topic) => topic.name === null)))) {
    return {
      topics: topics.map(({ name, topicId }) => failed(name ?? '', topicId, ErrorCode.INVALID_REQUEST)),
      error: 0,
    };
  }
  const mayCreate = request.allowAutoTopicCreation || version < 4;
  const found = topics.map((topic) =>
    topic.topicId === zeroUuid
      ? byName(deps, topic.name ?? '', { mayCreate, context })
      : Promise.resolve(byId(deps, topic.topicId, context)),
  );
  return { topics: await Promise.all(found), error: ErrorCode.NONE };
}

async function byName(
  deps: MetadataDeps,
  name: string,
  { mayCreate, context }: { mayCreate: boolean; context: RequestContext },
): Promise<TopicAnswer> {
  if (!mayDescribe(deps, context, name)) return failed(name, zeroUuid, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  const topic = deps.image().topics.get(name);
  if (topic !== undefined) return describe(deps.image(), topic, context);
  if (!isLegalTopicName(name)) return failed(name, zeroUuid, ErrorCode.INVALID_TOPIC_EXCEPTION);
  const spec = mayCreate && mayCreateTopic(deps, context, name) ? deps.autoCreated(name) : undefined;
  if (spec === undefined) return failed(name, zeroUuid, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const error = await deps.topicCreation.ensure(spec);
  const created = deps.image().topics.get(name);
  if (created !== undefined) return describe(deps.image(), created, context);
  return failed(name, zeroUuid, error === ErrorCode.NONE ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : error);
}

/** An id that the principal may not describe is answered as one that does not exist. */
function byId(deps: MetadataDeps, topicId: string, context: RequestContext): TopicAnswer {
  const topic = deps.image().topics.getById(topicId);
  if (topic === undefined) return { ...failed(null, topicId, ErrorCode.UNKNOWN_TOPIC_ID) };
  if (!mayDescribe(deps, context, topic.name)) return failed(null, topicId, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  return describe(deps.image(), topic, context);
}

function describe(image: MetadataImage, topic: TopicImage, context: RequestContext): TopicAnswer {
  const { listenerName, apiVersion } = context;
  const partitions = Array.from(topic.partitions, ([partitionIndex, partition]) => {
    const { leaderId, missing } = leaderFor(image, partition, listenerName);
    return {
      errorCode: leaderError(missing, apiVersion >= 6),
      partitionIndex,
      leaderId,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: [...partition.replicas],
      isrNodes: [...partition.isr],
      offlineReplicas: offlineReplicas(image, partition, listenerName),
    };
  });
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions,
  };
}

function failed(name: string | null, topicId: string, errorCode: ErrorCode): TopicAnswer {
  return { errorCode, name, topicId, isInternal: name !== null && isInternalTopic(name), partitions: [] };
}

function mayDescribe({ authorizer }: MetadataDeps, context: RequestContext, name: string): boolean {
  return authorizer.allowsAll || authorizer.authorize(context, 'DESCRIBE', { type: 'TOPIC', name });
}

function mayCreateTopic({ authorizer }: MetadataDeps, context: RequestContext, name: string): boolean {
  return (
    authorizer.allowsAll ||
    authorizer.authorize(context, 'CREATE', clusterResource) ||
    authorizer.authorize(context, 'CREATE', { type: 'TOPIC', name })
  );
}
