/**
 * Fetch v4-18: reads for consumers and followers, in full or through sessions (KIP-227). A request that finds too
 * little waits without polling; the next request of its session, which may come while it waits, hurries it.
 */
import type { World } from '@tidelog/core';
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, Fetch, type RequestOf } from '@tidelog/protocol';
import { clusterResource, type Authorizer } from '../authorizer.ts';
import { DelayedFetch } from '../fetch/delayed-fetch.ts';
import { buildFetchResponse, type FetchResponse } from '../fetch/fetch-response.ts';
import type { RoundResult } from '../fetch/fetch-round.ts';
import type { FetchName, RequestedPartition } from '../fetch/fetch-session.ts';
import { openFetch, type FetchDemand, type OpenedFetch } from '../fetch/open-fetch.ts';
import { PartitionReader, type FetchReader } from '../fetch/partition-reader.ts';
import type { SessionCache } from '../fetch/session-cache.ts';
import type { Replicas } from '../replication/replicas.ts';
import type { TopicMetrics } from '../topic-metrics.ts';

export interface FetchDeps {
  readonly world: World;
  readonly replicas: Replicas;
  readonly sessions: SessionCache;
  readonly authorizer: Authorizer;
  readonly metrics: TopicMetrics;
  /** fetch.max.bytes */
  readonly fetchMaxBytes: number;
  /** replica.selector.class is the rack-aware one (KIP-392). */
  readonly rackAwareReads: boolean;
}

type FetchRequest = RequestOf<typeof Fetch>;

export const fetch = handler(Fetch, [4, 18], handleFetch, { pipelined: true });

const topicIdsSince = 13;
const followerReadsSince = 11;
const replicaStateSince = 15;

function handleFetch(
  deps: FetchDeps,
  request: FetchRequest,
  context: RequestContext,
): FetchResponse | Promise<FetchResponse> {
  const waiting = request.sessionEpoch > 0 ? deps.sessions.get(request.sessionId)?.waiting : undefined;
  waiting?.hurry();
  if (waiting === undefined || waiting.isFinished) return serve(deps, request, context);
  // A read of the request before is on the disk; its answer belongs before this one's changes.
  return new Promise<void>((resolve) => waiting.onFinished(resolve)).then(() => serve(deps, request, context));
}

function serve(
  deps: FetchDeps,
  request: FetchRequest,
  context: RequestContext,
): FetchResponse | Promise<FetchResponse> {
  const reader = readerOf(deps, request, context);
  const demand = demandOf(request, { version: context.apiVersion, reader, deps });
  const opened = openFetch(deps.sessions, demand, deps.world.clock.monotonic(), () => delayed.wake());
  if (opened.kind === 'refused') return { errorCode: opened.errorCode, responses: [] };
  let response: FetchResponse | undefined;
  let resolve: ((value: FetchResponse) => void) | undefined;
  let reject: ((cause: unknown) => void) | undefined;
  const delayed = new DelayedFetch({
    world: deps.world,
    deadlines: deps.replicas.deadlines,
    reader: new PartitionReader(deps, reader),
    candidates: () => (opened.kind === 'full' ? opened.partitions : opened.session.candidates()),
    minBytes: request.minBytes,
    maxBytes: Math.min(request.maxBytes, deps.fetchMaxBytes),
    reserve: (bytes) => context.reserveResponse(bytes),
    maxWaitMs: isEmpty(opened) ? 0 : request.maxWaitMs,
    // Without a session nobody remembers what the follower was told: it would be told again and again.
    answersForHighWatermark: demand.wakesForHighWatermark && opened.session !== undefined,
    onDone: (result) => {
      response = finish(deps, opened, result, context);
      resolve?.(response);
    },
    onFailed: (cause) => {
      release(opened);
      reject?.(cause);
    },
  });
  if (opened.session !== undefined) opened.session.waiting = delayed;
  delayed.start();
  if (response !== undefined) return response;
  context.onClose(() => delayed.hurry());
  return new Promise((onResponse, onError) => {
    resolve = onResponse;
    reject = onError;
  });
}

function isEmpty(opened: Exclude<OpenedFetch, { kind: 'refused' }>): boolean {
  return opened.kind === 'full' ? opened.partitions.length === 0 : opened.session.size === 0;
}

function finish(
  deps: FetchDeps,
  opened: Exclude<OpenedFetch, { kind: 'refused' }>,
  { results }: RoundResult,
  context: RequestContext,
): FetchResponse {
  const { replicas, sessions, metrics } = deps;
  const response = buildFetchResponse(results, {
    version: context.apiVersion,
    listenerName: context.listenerName,
    image: replicas.image,
    session: opened.session,
    isIncremental: opened.kind === 'incremental',
  });
  for (const { partition, records, errorCode } of results) {
    if (partition.topic === '') continue;
    if (records.byteLength > 0) {
      metrics.add(partition.isFollowers ? 'replicationbytesout' : 'bytesout', partition.topic, records.byteLength);
      if (partition.isFollowers) replicas.quotas.record('leader', partition, records.byteLength);
    }
    if (errorCode !== ErrorCode.NONE && partition.replica !== undefined) {
      metrics.add('failedfetchrequests', partition.topic);
    }
    if (!partition.isFollowers) metrics.add('totalfetchrequests', partition.topic);
  }
  release(opened);
  if (opened.kind !== 'incremental' || opened.session.size > 0) return response;
  sessions.remove(opened.session);
  return { ...response, sessionId: 0 };
}

function release(opened: Exclude<OpenedFetch, { kind: 'refused' }>): void {
  if (opened.session !== undefined) opened.session.waiting = undefined;
  else if (opened.kind === 'full') for (const partition of opened.partitions) partition.attach(undefined);
}

function readerOf({ authorizer }: FetchDeps, request: FetchRequest, context: RequestContext): FetchReader {
  const hasState = context.apiVersion >= replicaStateSince;
  const replicaId = hasState ? request.replicaState.replicaId : request.replicaId;
  const mayFollow = (): boolean => authorizer.authorize(context, 'CLUSTER_ACTION', clusterResource);
  const mayRead = (topic: string): boolean => {
    return replicaId >= 0 ? mayFollow() : authorizer.authorize(context, 'READ', { type: 'TOPIC', name: topic });
  };
  return {
    replicaId,
    replicaEpoch: hasState ? request.replicaState.replicaEpoch : -1,
    isReadCommitted: request.isolationLevel === 1,
    mayReadFollowers: context.apiVersion >= followerReadsSince,
    clientRack: request.rackId,
    authorize: authorizer.allowsAll
      ? () => ErrorCode.NONE
      : (topic) => (mayRead(topic) ? ErrorCode.NONE : ErrorCode.TOPIC_AUTHORIZATION_FAILED),
  };
}

function demandOf(
  request: FetchRequest,
  { version, reader, deps }: { readonly version: number; readonly reader: FetchReader; readonly deps: FetchDeps },
): FetchDemand {
  const usesTopicIds = version >= topicIdsSince;
  const partitions: RequestedPartition[] = [];
  for (const topic of request.topics) {
    for (const position of topic.partitions) partitions.push({ ...nameOf(topic, position.partition), position });
  }
  const forgotten: FetchName[] = [];
  for (const topic of request.forgottenTopicsData) {
    for (const partition of topic.partitions) forgotten.push(nameOf(topic, partition));
  }
  function nameOf(topic: { readonly topic: string; readonly topicId: string }, partition: number): FetchName {
    return usesTopicIds
      ? { topic: '', topicId: topic.topicId, partition }
      : { topic: topic.topic, topicId: '', partition };
  }
  const isFollower = reader.replicaId >= 0;
  const { sessionId, sessionEpoch } = request;
  const wakesForHighWatermark = isFollower && deps.rackAwareReads;
  return { sessionId, sessionEpoch, usesTopicIds, isFollower, wakesForHighWatermark, partitions, forgotten };
}
