/**
 * FindCoordinator v0-6: the broker that leads the partition of the coordinator's topic to which a group id (type 0) or
 * a transactional id (type 1) hashes. A missing topic is created; the client retries on COORDINATOR_NOT_AVAILABLE. A
 * coordinator that is this broker and still loads is waited for, and then said not to be available: clients come again
 * for that, while some give up on COORDINATOR_LOAD_IN_PROGRESS in answer to what they would ask it next.
 */
import { coordinatorPartition, type Millis, type World } from '@tidelog/core';
import type { MetadataImage } from '@tidelog/metadata';
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, FindCoordinator } from '@tidelog/protocol';
import type { Authorizer } from '../authorizer.ts';
import { addressOf, leaderFor, type NodeAddress } from '../cluster-view.ts';
import type { TopicCreation, TopicSpec } from '../topics/topic-creation.ts';

export interface FindCoordinatorDeps {
  readonly world: Pick<World, 'timers'>;
  readonly nodeId: number;
  readonly image: () => MetadataImage;
  readonly authorizer: Authorizer;
  readonly topicCreation: TopicCreation;
  /** The coordinators' topics by key type; a type that is absent has no coordinator on this cluster. */
  readonly coordinatorTopics: ReadonlyMap<number, TopicSpec>;
  /** Whether this broker serves the keys of a partition of such a topic now. */
  readonly serves: (partition: number) => boolean;
}

interface Found {
  readonly error: ErrorCode;
  readonly message: string | null;
  readonly node: NodeAddress | undefined;
}

const groupType = 0;
/** How long, and how often, a request looks whether its coordinator here has loaded. */
const loadWaitMs: Millis = 1000;
const loadLookMs: Millis = 5;

export const findCoordinator = handler(FindCoordinator, [0, 6], async (deps: FindCoordinatorDeps, request, context) => {
  const keys = context.apiVersion >= 4 ? request.coordinatorKeys : [request.key];
  const found = await Promise.all(keys.map((key) => find(deps, { key, keyType: request.keyType }, context)));
  if (context.apiVersion < 4) {
    const { error, message, node } = found[0] ?? failed(ErrorCode.INVALID_REQUEST, null);
    return { errorCode: error, errorMessage: message, ...addressFields(node) };
  }
  const coordinators = found.map(({ error, message, node }, i) => {
    return { key: keys[i] ?? '', errorCode: error, errorMessage: message, ...addressFields(node) };
  });
  return { coordinators };
});

async function find(
  deps: FindCoordinatorDeps,
  { key, keyType }: { key: string; keyType: number },
  context: RequestContext,
): Promise<Found> {
  const spec = deps.coordinatorTopics.get(keyType);
  if (spec === undefined) return failed(ErrorCode.INVALID_REQUEST, `No coordinator for keys of type ${keyType} here.`);
  const resource = { type: keyType === groupType ? 'GROUP' : 'TRANSACTIONAL_ID', name: key } as const;
  if (!deps.authorizer.allowsAll && !deps.authorizer.authorize(context, 'DESCRIBE', resource)) {
    const isGroup = keyType === groupType;
    const error = isGroup ? ErrorCode.GROUP_AUTHORIZATION_FAILED : ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    return failed(error, null);
  }
  const created = await deps.topicCreation.ensure(spec);
  const image = deps.image();
  const topic = image.topics.get(spec.name);
  if (topic === undefined) {
    const hint = created === ErrorCode.INVALID_REPLICATION_FACTOR ? `: ${spec.name} needs more brokers` : '';
    return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE, `The coordinator's topic is not there yet${hint}.`);
  }
  const partitionId = coordinatorPartition(key, topic.partitions.size);
  const partition = topic.partitions.get(partitionId);
  const leader = partition && leaderFor(image, partition, context.listenerName);
  const node = leader && addressOf(image.cluster.broker(leader.leaderId), context.listenerName);
  if (node === undefined) return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'The coordinator has no leader just now.');
  if (node.nodeId === deps.nodeId && !(await isServedHere(deps, partitionId))) {
    return failed(ErrorCode.COORDINATOR_NOT_AVAILABLE, 'The coordinator loads what it knows.');
  }
  return { error: ErrorCode.NONE, message: null, node };
}

async function isServedHere(deps: FindCoordinatorDeps, partition: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < loadWaitMs; waitedMs += loadLookMs) {
    if (deps.serves(partition)) return true;
    await new Promise<void>((resolve) => void deps.world.timers.after(loadLookMs, resolve));
  }
  return false;
}

function failed(error: ErrorCode, message: string | null): Found {
  return { error, message, node: undefined };
}

function addressFields(node: NodeAddress | undefined): { nodeId: number; host: string; port: number } {
  return { nodeId: node?.nodeId ?? -1, host: node?.host ?? '', port: node?.port ?? -1 };
}
