/**
 * ListOffsets v1-11: offsets by timestamp, and by the names -1 latest, -2 earliest, -3 max timestamp, -4 earliest
 * local, -5 latest tiered, -6 earliest pending upload. Nothing is tiered here, so local is all there is. Consumers
 * see no further than the high watermark or the last stable offset; replicas see the log's end.
 */
import { DiskError } from '@tidelog/core';
import { handler, type RequestContext } from '@tidelog/net';
import { ErrorCode, ListOffsets, ProtocolError, type EncodeOf, type RequestOf } from '@tidelog/protocol';
import type { Authorizer } from '../authorizer.ts';
import type { Replica } from '../replication/replica.ts';
import type { ReadBound } from '../replication/replica-facts.ts';
import type { Replicas } from '../replication/replicas.ts';

export interface ListOffsetsDeps {
  readonly replicas: Replicas;
  readonly authorizer: Authorizer;
}

type ListOffsetsRequest = RequestOf<typeof ListOffsets>;
type ListOffsetsResponse = EncodeOf<(typeof ListOffsets)['response']>;
type Asked = ListOffsetsRequest['topics'][number]['partitions'][number];
type Answer = ListOffsetsResponse['topics'][number]['partitions'][number];

export const listOffsets = handler(ListOffsets, [1, 11], handleListOffsets);

const latest = -1;
const earliest = -2;
const maxTimestamp = -3;
const earliestLocal = -4;
const latestTiered = -5;
const earliestPendingUpload = -6;

/** The version from which each name may be used. */
const nameSince = new Map([
  [latest, 1],
  [earliest, 1],
  [maxTimestamp, 7],
  [earliestLocal, 8],
  [latestTiered, 9],
  [earliestPendingUpload, 11],
]);
const offsetNotAvailableSince = 5;
const debugConsumer = -2;

async function handleListOffsets(
  deps: ListOffsetsDeps,
  request: ListOffsetsRequest,
  context: RequestContext,
): Promise<ListOffsetsResponse> {
  const topics = await Promise.all(
    request.topics.map(async ({ name, partitions }) => ({
      name,
      partitions: await Promise.all(
        withoutDuplicates(partitions).map((asked) => answer(deps, { topic: name, asked, request, context })),
      ),
    })),
  );
  return { topics };
}

interface Question {
  readonly topic: string;
  readonly asked: Asked & { readonly isDuplicate?: boolean };
  readonly request: ListOffsetsRequest;
  readonly context: RequestContext;
}

/** A partition that is asked for twice gets INVALID_REQUEST, once. */
function withoutDuplicates(partitions: readonly Asked[]): (Asked & { readonly isDuplicate?: boolean })[] {
  const byIndex = new Map<number, Asked & { readonly isDuplicate?: boolean }>();
  for (const asked of partitions) {
    const isDuplicate = byIndex.has(asked.partitionIndex);
    byIndex.set(asked.partitionIndex, isDuplicate ? { ...asked, isDuplicate } : asked);
  }
  return [...byIndex.values()];
}

async function answer(deps: ListOffsetsDeps, question: Question): Promise<Answer> {
  const { topic, asked, request, context } = question;
  const { replicas, authorizer } = deps;
  if (!authorizer.authorize(context, 'DESCRIBE', { type: 'TOPIC', name: topic })) {
    return failed(asked, ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  }
  if (asked.isDuplicate === true) return failed(asked, ErrorCode.INVALID_REQUEST);
  if (asked.timestamp < 0 && context.apiVersion < (nameSince.get(asked.timestamp) ?? Infinity)) {
    return failed(asked, ErrorCode.UNSUPPORTED_VERSION);
  }
  const replica = replicas.get(topic, asked.partitionIndex);
  if (replica === undefined) return failed(asked, replicas.errorOf(topic, asked.partitionIndex));
  const leaderOnly = request.replicaId !== debugConsumer;
  const error = replica.checkEpoch(asked.currentLeaderEpoch, { leaderOnly });
  if (error !== ErrorCode.NONE) return failed(asked, error);
  try {
    return await lookUp(replica, question);
  } catch (cause) {
    // A batch that cannot be read is the log's fault here, not the client's.
    if (!(cause instanceof DiskError || cause instanceof ProtocolError)) throw cause;
    return failed(asked, ErrorCode.KAFKA_STORAGE_ERROR);
  }
}

async function lookUp(replica: Replica, { asked, request, context }: Question): Promise<Answer> {
  const { log } = replica;
  if (log === undefined) return failed(asked, ErrorCode.KAFKA_STORAGE_ERROR);
  const isConsumer = request.replicaId === -1;
  const bound: ReadBound = !isConsumer ? 'logEnd' : request.isolationLevel === 1 ? 'lastStableOffset' : 'highWatermark';
  const isUnknown = isConsumer && !replica.core.knowsCommittedEnd;
  const version = context.apiVersion;
  const unknown = version >= offsetNotAvailableSince ? ErrorCode.OFFSET_NOT_AVAILABLE : ErrorCode.LEADER_NOT_AVAILABLE;
  const upTo = replica.endOf(bound);
  switch (asked.timestamp) {
    case latest:
      if (isUnknown) return failed(asked, unknown);
      return found(asked, { offset: upTo, timestamp: -1, leaderEpoch: replica.leaderEpoch });
    case earliest:
    case earliestLocal:
    case earliestPendingUpload: {
      const offset = log.logStartOffset;
      return found(asked, { offset, timestamp: -1, leaderEpoch: epochAtStart(replica) });
    }
    case latestTiered:
      return found(asked, { offset: -1, timestamp: -1, leaderEpoch: -1 });
    case maxTimestamp: {
      const newest = await log.maxTimestamp();
      if (newest !== undefined && newest.offset >= upTo && isUnknown) return failed(asked, unknown);
      return found(asked, newest !== undefined && newest.offset < upTo ? newest : undefined);
    }
    default: {
      const first = await log.offsetForTimestamp(asked.timestamp, { upTo: replica.logEndOffset });
      if (first !== undefined && first.offset >= upTo && isUnknown) return failed(asked, unknown);
      return found(asked, first !== undefined && first.offset < upTo ? first : undefined);
    }
  }
}

/** The epoch of the record at the log's start; the current one when the log is empty. */
function epochAtStart({ log, leaderEpoch }: Replica): number {
  const isEmpty = log === undefined || log.logStartOffset >= log.logEndOffset;
  return isEmpty || log.earliestEpoch < 0 ? leaderEpoch : log.earliestEpoch;
}

interface Found {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

function found({ partitionIndex }: Asked, { offset, timestamp, leaderEpoch }: Found = nothing): Answer {
  return { partitionIndex, errorCode: ErrorCode.NONE, timestamp, offset, leaderEpoch };
}

const nothing: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 };

function failed({ partitionIndex }: Asked, errorCode: ErrorCode): Answer {
  return { partitionIndex, errorCode, timestamp: -1, offset: -1, leaderEpoch: -1 };
}
