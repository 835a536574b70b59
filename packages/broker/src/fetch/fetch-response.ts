/**
 * The response of a fetch from the results of its last look. A full response names every partition, an incremental one
 * those with news; either way the session remembers what was said.
 */
import { ErrorCode, type EncodeOf, type Fetch } from '@tidelog/protocol';
import type { MetadataImage } from '@tidelog/metadata';
import { LeaderHints, type LeaderHint } from '../leader-hints.ts';
import { hasNews } from './fetch-round.ts';
import type { FetchSession } from './fetch-session.ts';
import type { PartitionResult } from './partition-reader.ts';

export type FetchResponse = EncodeOf<(typeof Fetch)['response']>;
type TopicResponse = FetchResponse['responses'][number];
type PartitionResponse = TopicResponse['partitions'][number];

export interface ResponseContext {
  readonly version: number;
  readonly listenerName: string;
  readonly image: MetadataImage;
  readonly session: FetchSession | undefined;
  readonly isIncremental: boolean;
}

const leaderHintsSince = 16;
const storageErrorSince = 6;

export function buildFetchResponse(results: readonly PartitionResult[], context: ResponseContext): FetchResponse {
  const { version, session, isIncremental } = context;
  const responses: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = [];
  const hints = version >= leaderHintsSince ? new LeaderHints(context.image, context.listenerName) : undefined;
  for (const result of results) {
    const { partition } = result;
    const isTold = !isIncremental || hasNews(result);
    if (isTold) {
      let last = responses[responses.length - 1];
      if (last === undefined || last.topic !== partition.topic || last.topicId !== partition.topicId) {
        last = { topic: partition.topic, topicId: partition.topicId, partitions: [] };
        responses.push(last);
      }
      last.partitions.push(partitionResponse(result, version, hintOf(result, hints)));
    }
    if (session !== undefined) remember(result, session);
  }
  const nodeEndpoints = hints?.nodes ?? [];
  const sessionId = session?.id ?? 0;
  return nodeEndpoints.length === 0 ? { sessionId, responses } : { sessionId, responses, nodeEndpoints };
}

/** After an error nothing that was said before counts. */
function remember(result: PartitionResult, session: FetchSession): void {
  const { partition } = result;
  const isError = result.errorCode !== ErrorCode.NONE;
  partition.sentHighWatermark = isError ? -1 : result.highWatermark;
  partition.sentLogStartOffset = result.logStartOffset;
  const isAnswered = !isError && result.divergingEpoch === undefined && result.preferredReadReplica === undefined;
  const isClean = isAnswered && result.records.byteLength === 0 && !result.isCutShort;
  if (isClean && partition.changes === result.seen) partition.dirty = false;
  session.settle(partition);
}

function hintOf(result: PartitionResult, hints: LeaderHints | undefined): LeaderHint | undefined {
  const isFenced =
    result.errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || result.errorCode === ErrorCode.FENCED_LEADER_EPOCH;
  return isFenced ? hints?.of(result.partition.topic, result.partition.partition) : undefined;
}

function partitionResponse(result: PartitionResult, version: number, hint: LeaderHint | undefined): PartitionResponse {
  const isOldStorageError = result.errorCode === ErrorCode.KAFKA_STORAGE_ERROR && version < storageErrorSince;
  return {
    partitionIndex: result.partition.partition,
    errorCode: isOldStorageError ? ErrorCode.NOT_LEADER_OR_FOLLOWER : result.errorCode,
    highWatermark: result.highWatermark,
    lastStableOffset: result.lastStableOffset,
    logStartOffset: result.logStartOffset,
    divergingEpoch: result.divergingEpoch,
    currentLeader: hint,
    abortedTransactions: result.abortedTransactions,
    preferredReadReplica: result.preferredReadReplica ?? -1,
    records: result.records,
  };
}
