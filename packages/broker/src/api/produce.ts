/**
 * Produce v3-13: appends to the partitions that this broker leads. Two stages (KIP-98's order guarantee on one
 * connection): every append is decided when the handler is called, in request order; the response leaves when the
 * acks are had. Checks of the request are here, checks of the batch are the log's, acks and min.insync.replicas the
 * partition core's. Refuses transactional batches without a transactional id.
 */
import type { Chunks } from '@tidelog/core';
import { handler, noResponse, RefusedRequestError, type NoResponse, type RequestContext } from '@tidelog/net';
import { ErrorCode, errorName, Produce, readBatchHeader, type EncodeOf, type RequestOf } from '@tidelog/protocol';
import type { Authorizer } from '../authorizer.ts';
import { adminClientId, isInternalTopic } from '../internal-topics.ts';
import { LeaderHints } from '../leader-hints.ts';
import type { Replicas } from '../replication/replicas.ts';
import type { Acks } from '../replication/replicas-types.ts';
import type { TopicMetrics } from '../topic-metrics.ts';
import { PendingProduce, type PartitionResponse } from './pending-produce.ts';

export interface ProduceDeps {
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
  readonly metrics: TopicMetrics;
}

type ProduceRequest = RequestOf<typeof Produce>;
type ProduceResponse = EncodeOf<(typeof Produce)['response']>;

export const produce = handler(Produce, [3, 13], handleProduce, { pipelined: true });

const zstdSince = 7;
const topicIdsSince = 13;
const leaderHintsSince = 10;

function handleProduce(
  deps: ProduceDeps,
  request: ProduceRequest,
  context: RequestContext,
): ProduceResponse | NoResponse | Promise<ProduceResponse> {
  const pending = new PendingProduce(deps.replicas.deadlines);
  const refusal = checkRequest(deps, request, context);
  const topics = request.topicData.map((topic) => {
    const name = nameOf(deps, topic, context.apiVersion);
    const partitionResponses = topic.partitionData.map(({ index, records }) => {
      const error = refusal ?? (name === undefined ? ErrorCode.UNKNOWN_TOPIC_ID : checkTopic(deps, name, context));
      const response = pending.add(index);
      if (error === ErrorCode.NONE) append(deps, { pending, response, topic: name ?? '', records, request, context });
      else refuse(response, error);
      if (response.errorCode !== ErrorCode.NONE) countFailure(deps, name ?? '', records);
      return response;
    });
    return { name: name ?? topic.name, topicId: topic.topicId, partitionResponses };
  });
  if (request.acks === 0) return closeOnFailure(topics);
  const finish = (): ProduceResponse => respond(deps, topics, context);
  return pending.isDone ? finish() : pending.wait(request.acks === -1 ? request.timeoutMs : Infinity).then(finish);
}

interface TopicResponses {
  readonly name: string;
  readonly topicId: string;
  readonly partitionResponses: PartitionResponse[];
}

/** A failure with acks=0 has no response to go in: the closed connection tells it. */
function closeOnFailure(topics: readonly TopicResponses[]): NoResponse {
  for (const { name, partitionResponses } of topics) {
    const failed = partitionResponses.find((response) => response.errorCode !== ErrorCode.NONE);
    if (failed === undefined) continue;
    const detail = `produce with acks=0 to ${name}-${failed.index} failed: ${errorName(failed.errorCode)}`;
    throw new RefusedRequestError('unanswerable', detail);
  }
  return noResponse;
}

/** What refuses every partition of a request. */
function checkRequest(deps: ProduceDeps, request: ProduceRequest, context: RequestContext): ErrorCode | undefined {
  if (request.acks < -1 || request.acks > 1) return ErrorCode.INVALID_REQUIRED_ACKS;
  let producer: { readonly id: number; readonly epoch: number } | undefined;
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      const header = records === null ? undefined : readBatchHeader(records, 0);
      if (header?.isTransactional !== true) continue;
      if (producer !== undefined && (producer.id !== header.producerId || producer.epoch !== header.producerEpoch)) {
        return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
      }
      producer = { id: header.producerId, epoch: header.producerEpoch };
    }
  }
  if (producer === undefined) return undefined;
  const { transactionalId } = request;
  if (transactionalId === null) return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  const resource = { type: 'TRANSACTIONAL_ID', name: transactionalId } as const;
  return deps.authorizer.authorize(context, 'WRITE', resource)
    ? undefined
    : ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
}

function nameOf(
  { replicas }: ProduceDeps,
  topic: { readonly name: string; readonly topicId: string },
  version: number,
): string | undefined {
  return version >= topicIdsSince ? replicas.image.topics.getById(topic.topicId)?.name : topic.name;
}

function checkTopic({ authorizer }: ProduceDeps, topic: string, context: RequestContext): ErrorCode {
  if (!authorizer.allowsAll && !authorizer.authorize(context, 'WRITE', { type: 'TOPIC', name: topic })) {
    return ErrorCode.TOPIC_AUTHORIZATION_FAILED;
  }
  const isRefused = isInternalTopic(topic) && context.clientId !== adminClientId;
  return isRefused ? ErrorCode.INVALID_TOPIC_EXCEPTION : ErrorCode.NONE;
}

interface PartitionAppend {
  readonly pending: PendingProduce;
  readonly response: PartitionResponse;
  readonly topic: string;
  readonly records: Chunks | null;
  readonly request: ProduceRequest;
  readonly context: RequestContext;
}

function append(deps: ProduceDeps, { pending, response, topic, records, request, context }: PartitionAppend): void {
  const { replicas, metrics } = deps;
  metrics.add('totalproducerequests', topic);
  const replica = replicas.get(topic, response.index);
  if (replica === undefined) return refuse(response, replicas.errorOf(topic, response.index));
  const problem = problemOf(records, context.apiVersion);
  if (problem !== undefined || records === null) {
    return refuse(response, problem?.error ?? ErrorCode.INVALID_RECORD, problem?.detail);
  }
  const acks = request.acks as Acks;
  const waiter = acks === 0 ? undefined : pending.waiterOf(response);
  const outcome = replica.append(records, { acks, origin: 'client', ...(waiter !== undefined && { waiter }) });
  if (outcome.kind === 'refused') {
    waiter?.withdraw();
    refuse(response, outcome.error, outcome.detail);
    response.recordErrors = outcome.recordErrors.map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    }));
    return;
  }
  response.baseOffset = outcome.firstOffset;
  response.logAppendTimeMs = outcome.logAppendTimeMs;
  response.logStartOffset = replica.logStartOffset;
  if (outcome.kind === 'duplicate') return;
  metrics.add('messagesin', topic, outcome.lastOffset - outcome.firstOffset + 1);
  metrics.add('bytesin', topic, outcome.sizeInBytes);
}

interface Problem {
  readonly error: ErrorCode;
  readonly detail: string;
}

/** What a partition of a request must be: exactly one whole batch of magic 2, in a codec that the version may use. */
function problemOf(records: Chunks | null, version: number): Problem | undefined {
  const header = records === null || records.byteLength === 0 ? undefined : readBatchHeader(records, 0);
  if (records === null || header === undefined) return invalid('there is no record batch');
  if (header.magic !== 2) return invalid(`a record batch has magic ${header.magic}, 2 is needed`);
  if (header.sizeInBytes > records.byteLength) return invalid('the record batch is cut off');
  if (header.sizeInBytes < records.byteLength) return invalid('there is more than one record batch for a partition');
  if (header.codec === 'zstd' && version < zstdSince) {
    return { error: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, detail: 'zstd needs Produce version 7 or newer' };
  }
  return undefined;
}

function invalid(detail: string): Problem {
  return { error: ErrorCode.INVALID_RECORD, detail };
}

function refuse(response: PartitionResponse, error: ErrorCode, detail?: string): void {
  response.errorCode = error;
  response.errorMessage = detail ?? null;
}

function countFailure({ metrics, replicas }: ProduceDeps, topic: string, records: Chunks | null): void {
  if (replicas.image.topics.get(topic) === undefined) return;
  metrics.add('failedproducerequests', topic);
  metrics.add('bytesrejected', topic, records?.byteLength ?? 0);
}

function respond({ replicas }: ProduceDeps, responses: TopicResponses[], context: RequestContext): ProduceResponse {
  if (context.apiVersion < leaderHintsSince) return { responses };
  let hints: LeaderHints | undefined;
  for (const { name, partitionResponses } of responses) {
    for (const response of partitionResponses) {
      if (response.errorCode !== ErrorCode.NOT_LEADER_OR_FOLLOWER) continue;
      hints ??= new LeaderHints(replicas.image, context.listenerName);
      const leader = hints.of(name, response.index);
      if (leader !== undefined) response.currentLeader = leader;
    }
  }
  return hints === undefined ? { responses } : { responses, nodeEndpoints: hints.nodes };
}
