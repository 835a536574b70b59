/**
 * One partition of a fetch response, applied to the follower's log: append, or repair first. Only whole batches of the
 * leader epoch that was asked for (or older ones) get in (KAFKA-18723).
 */
import type { Chunks } from '@tidelog/core';
import type { PartitionLog } from '@tidelog/log';
import {
  batchesOf,
  ErrorCode,
  errorName,
  ListOffsets,
  type EncodeOf,
  type Fetch,
  type ResponseOf,
} from '@tidelog/protocol';
import { planOutOfRange, planTruncation } from './core/truncation.ts';
import type { FollowedPartition } from './followed-partition.ts';

export type FetchedPartitionData = ResponseOf<typeof Fetch>['responses'][number]['partitions'][number];

export type FetchedResult =
  | { readonly kind: 'idle' }
  | { readonly kind: 'appended'; readonly lastOffset: number; readonly sizeInBytes: number }
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'repairing'; readonly done: Promise<void> };

/** Asks the leader, over the fetcher's connection. */
export type AskLeader = (question: {
  readonly api: typeof ListOffsets;
  readonly request: EncodeOf<(typeof ListOffsets)['request']>;
}) => Promise<ResponseOf<typeof ListOffsets>>;

export function applyFetched(followed: FollowedPartition, data: FetchedPartitionData, ask: AskLeader): FetchedResult {
  const { replica } = followed;
  const { log } = replica;
  if (log === undefined || replica.leaderEpoch !== followed.leaderEpoch) return { kind: 'idle' };
  if (data.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) return { kind: 'repairing', done: rejoin(followed, log, ask) };
  if (data.errorCode !== ErrorCode.NONE) return { kind: 'failed', detail: errorName(data.errorCode) };
  if (data.divergingEpoch.epoch >= 0) {
    return { kind: 'repairing', done: log.truncateTo(planTruncation(data.divergingEpoch, log)) };
  }
  const records = wholeBatches(data.records);
  if (records === undefined) {
    replica.followLeader(data);
    return { kind: 'idle' };
  }
  const outcome = log.append(records, { origin: 'replication', leaderEpoch: followed.leaderEpoch, wallNow: 0 });
  if (outcome.kind === 'refused') return { kind: 'failed', detail: `${errorName(outcome.error)}: ${outcome.detail}` };
  replica.followLeader(data);
  return { kind: 'appended', lastOffset: outcome.lastOffset, sizeInBytes: records.byteLength };
}

/** Without the tail that the size limit cut off; undefined when there is no whole batch. */
function wholeBatches(records: Chunks | null): Chunks | undefined {
  if (records === null || records.byteLength === 0) return undefined;
  let end = 0;
  for (const { header, position } of batchesOf(records)) end = position + header.sizeInBytes;
  return end === 0 ? undefined : records.slice(0, end);
}

/** The follower's end is outside the leader's log. */
async function rejoin(followed: FollowedPartition, log: PartitionLog, ask: AskLeader): Promise<void> {
  const logEndOffset = await offsetOf(followed, latestTimestamp, ask);
  const logStartOffset = await offsetOf(followed, earliestTimestamp, ask);
  if (followed.removed || followed.replica.log !== log) return;
  const plan = planOutOfRange({ logStartOffset, logEndOffset }, log);
  if (plan.kind === 'truncate') await log.truncateTo(plan.offset);
  else if (plan.kind === 'restart') await log.truncateFullyAndStartAt(plan.offset, plan.offset);
}

const latestTimestamp = -1;
const earliestTimestamp = -2;

async function offsetOf(followed: FollowedPartition, timestamp: number, ask: AskLeader): Promise<number> {
  const { topic, partition } = followed.replica;
  const response = await ask({
    api: ListOffsets,
    request: {
      replicaId: followed.replica.localId,
      isolationLevel: 0,
      topics: [
        {
          name: topic,
          partitions: [{ partitionIndex: partition, currentLeaderEpoch: followed.leaderEpoch, timestamp }],
        },
      ],
    },
  });
  const answer = response.topics[0]?.partitions[0];
  if (answer === undefined || answer.errorCode !== ErrorCode.NONE) {
    throw new Error(`ListOffsets: ${errorName(answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR)}`);
  }
  return answer.offset;
}
