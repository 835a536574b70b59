/**
 * Reads one partition for one fetch: every check of a partition (kafka-semantics 7) and the data. A result says what a
 * response would; whether there is a response yet is the fetch's business.
 */
import { Chunks, DiskError } from '@tidelog/core';
import type { ReadOutcome } from '@tidelog/log';
import { ErrorCode, readBatchHeader } from '@tidelog/protocol';
import type { Replica } from '../replication/replica.ts';
import type { ReadBound } from '../replication/replica-facts.ts';
import type { Replicas } from '../replication/replicas.ts';
import type { FetchPartition } from './fetch-partition.ts';

export interface FetchReader {
  /** -1 and below: a consumer. */
  readonly replicaId: number;
  readonly replicaEpoch: number;
  readonly isReadCommitted: boolean;
  /** The version lets consumers read from followers (v11). */
  readonly mayReadFollowers: boolean;
  readonly clientRack: string;
  /** Error of a topic that the principal may not read; NONE where it may. */
  readonly authorize: (topic: string) => ErrorCode;
}

export interface PartitionResult {
  readonly partition: FetchPartition;
  /** The partition's `changes` when it was read. */
  readonly seen: number;
  readonly errorCode: ErrorCode;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly records: Chunks;
  /** There is data, but the limits left no room for it. */
  readonly isCutShort: boolean;
  /** The records were read from a file: there is more than the memory of the newest, and reading twice is dear. */
  readonly isFromDisk: boolean;
  readonly divergingEpoch?: { readonly epoch: number; readonly endOffset: number };
  readonly preferredReadReplica?: number;
  readonly abortedTransactions: readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
}

export interface ReadLimits {
  readonly maxBytes: number;
  /** Nothing was read yet: one batch may exceed every limit. */
  readonly minOneBatch: boolean;
}

export interface PartitionReaderDeps {
  readonly replicas: Replicas;
  /** replica.selector.class is the rack-aware one. */
  readonly rackAwareReads: boolean;
}

export class PartitionReader {
  readonly #deps: PartitionReaderDeps;
  readonly #reader: FetchReader;

  constructor(deps: PartitionReaderDeps, reader: FetchReader) {
    this.#deps = deps;
    this.#reader = reader;
  }

  get isFollower(): boolean {
    return this.#reader.replicaId >= 0;
  }

  read(partition: FetchPartition, limits: ReadLimits): PartitionResult | Promise<PartitionResult> {
    const replica = this.#locate(partition);
    if (typeof replica === 'number') return failed(partition, replica);
    const error = this.#check(partition, replica);
    if (error !== ErrorCode.NONE) return failed(partition, error);
    const { position } = partition;
    const found = this.#compareHistories(partition, replica);
    if (found !== undefined) return found;
    if (this.isFollower) this.#noteFollower(partition, replica);
    const preferred = this.#preferredReadReplica(replica, position.fetchOffset);
    if (preferred !== undefined) return { ...empty(partition, replica), preferredReadReplica: preferred };
    const bound = this.#bound;
    const before = empty(partition, replica);
    if (replica.endOf(bound) <= position.fetchOffset) return this.#withAborted(before, replica);
    const isLimited = limits.maxBytes <= 0 && !limits.minOneBatch;
    if (isLimited || this.#isThrottled(replica)) return this.#withAborted({ ...before, isCutShort: true }, replica);
    const outcome = replica.read({
      offset: position.fetchOffset,
      maxBytes: Math.max(0, Math.min(limits.maxBytes, position.partitionMaxBytes)),
      minOneBatch: limits.minOneBatch,
      upTo: bound,
    });
    if (outcome instanceof Promise) return outcome.then((data) => this.#finish(before, replica, data));
    return this.#finish(before, replica, outcome);
  }

  /** The replica, or why there is none. A closed one (deleted, created again, moved) is looked up anew. */
  #locate(partition: FetchPartition): Replica | ErrorCode {
    const known = partition.replica;
    if (known !== undefined && !known.isClosed) return known;
    const { replicas } = this.#deps;
    const byId = partition.topicId !== '';
    if (byId) {
      const topic = replicas.image.topics.getById(partition.topicId);
      if (topic === undefined) return this.#give(partition, undefined, ErrorCode.UNKNOWN_TOPIC_ID);
      partition.topic = topic.name;
    }
    const replica = byId
      ? replicas.getById(partition.topicId, partition.partition)
      : replicas.get(partition.topic, partition.partition);
    if (replica === undefined) {
      return this.#give(partition, undefined, replicas.errorOf(partition.topic, partition.partition));
    }
    partition.attach(replica);
    return replica;
  }

  #give(partition: FetchPartition, replica: Replica | undefined, error: ErrorCode): ErrorCode {
    partition.attach(replica);
    return error;
  }

  #check(partition: FetchPartition, replica: Replica): ErrorCode {
    const { replicaId, replicaEpoch, mayReadFollowers, authorize } = this.#reader;
    const denied = authorize(replica.topic);
    if (denied !== ErrorCode.NONE) return denied;
    const leaderOnly = this.isFollower || !mayReadFollowers;
    const error = replica.checkEpoch(partition.position.currentLeaderEpoch, { leaderOnly });
    if (error !== ErrorCode.NONE || !this.isFollower) return error;
    return replica.core.checkFollower({ replicaId, replicaEpoch });
  }

  /** Out of range, or parted from the reader's history (KIP-595); undefined when there is nothing to say. */
  #compareHistories(partition: FetchPartition, replica: Replica): PartitionResult | undefined {
    const { fetchOffset, lastFetchedEpoch } = partition.position;
    const { log } = replica;
    if (log === undefined) return failed(partition, ErrorCode.KAFKA_STORAGE_ERROR);
    if (fetchOffset < log.logStartOffset) return outOfRange(partition, replica);
    if (lastFetchedEpoch >= 0) {
      const end = log.endOffsetForEpoch(lastFetchedEpoch);
      if (end.epoch < 0 || end.endOffset < 0) return outOfRange(partition, replica);
      if (end.epoch < lastFetchedEpoch || end.endOffset < fetchOffset) {
        return { ...empty(partition, replica), divergingEpoch: end };
      }
    }
    return fetchOffset > log.logEndOffset ? outOfRange(partition, replica) : undefined;
  }

  #noteFollower(partition: FetchPartition, replica: Replica): void {
    if (!partition.isNews) return;
    partition.isNews = false;
    const { replicaId, replicaEpoch } = this.#reader;
    const { fetchOffset, logStartOffset } = partition.position;
    replica.tell({ type: 'fetched', fetch: { replicaId, replicaEpoch, offset: fetchOffset, logStartOffset } });
  }

  #preferredReadReplica(replica: Replica, fetchOffset: number): number | undefined {
    if (this.isFollower || !this.#deps.rackAwareReads || !this.#reader.mayReadFollowers) return undefined;
    return replica.core.preferredReadReplica(this.#reader.clientRack, fetchOffset);
  }

  /** leader.replication.throttled.rate holds back followers that are out of sync anyway. */
  #isThrottled(replica: Replica): boolean {
    const { quotas } = this.#deps.replicas;
    if (!this.isFollower || !quotas.isThrottled('leader', replica.topic, replica.partition)) return false;
    return !replica.inSyncReplicas.includes(this.#reader.replicaId) && quotas.isExceeded('leader');
  }

  get #bound(): ReadBound {
    if (this.isFollower) return 'logEnd';
    return this.#reader.isReadCommitted ? 'lastStableOffset' : 'highWatermark';
  }

  /** `before` says what held when the read began; a high watermark that rose since is reported with the next read. */
  #finish(before: PartitionResult, replica: Replica, outcome: ReadOutcome): PartitionResult {
    const { partition } = before;
    if (outcome.kind === 'outOfRange') return outOfRange(partition, replica);
    if (outcome.kind === 'error') return failed(partition, outcome.error);
    const { records } = outcome;
    const isEmpty = records.byteLength === 0;
    const isFromDisk = !isEmpty && !outcome.fromMemory;
    return this.#withAborted({ ...before, records, isCutShort: isEmpty, isFromDisk }, replica);
  }

  #withAborted(result: PartitionResult, replica: Replica): PartitionResult {
    if (!this.#reader.isReadCommitted || this.isFollower) return result;
    if (result.records.byteLength === 0) return { ...result, abortedTransactions: [] };
    const range = { from: result.partition.position.fetchOffset, to: replica.lastStableOffset };
    try {
      const aborted = replica.log?.abortedTransactions(range) ?? [];
      if (aborted.length === 0) return { ...result, abortedTransactions: aborted };
      const end = endOffsetOf(result.records);
      return { ...result, abortedTransactions: aborted.filter(({ firstOffset }) => firstOffset < end) };
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      return failed(result.partition, ErrorCode.KAFKA_STORAGE_ERROR);
    }
  }
}

/** Behind the last batch, whole or cut: what begins there or later is not in the response. */
function endOffsetOf(records: Chunks): number {
  let end = 0;
  for (let at = 0; ;) {
    const header = readBatchHeader(records, at);
    if (header === undefined) return end;
    end = header.nextOffset;
    at += header.sizeInBytes;
  }
}

function empty(partition: FetchPartition, replica: Replica): PartitionResult {
  return {
    partition,
    seen: partition.changes,
    errorCode: ErrorCode.NONE,
    highWatermark: replica.highWatermark,
    lastStableOffset: replica.lastStableOffset,
    logStartOffset: replica.logStartOffset,
    records: Chunks.empty,
    isCutShort: false,
    isFromDisk: false,
    abortedTransactions: null,
  };
}

function outOfRange(partition: FetchPartition, replica: Replica): PartitionResult {
  return { ...failed(partition, ErrorCode.OFFSET_OUT_OF_RANGE), logStartOffset: replica.logStartOffset };
}

function failed(partition: FetchPartition, errorCode: ErrorCode): PartitionResult {
  return {
    partition,
    seen: partition.changes,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    records: Chunks.empty,
    isCutShort: false,
    isFromDisk: false,
    abortedTransactions: null,
  };
}
