/**
 * Fetches all partitions that this broker follows from one leader, over one connection, in one incremental fetch
 * session (KIP-227): a request names only the partitions whose position changed, so an idle one costs nothing per
 * turn.
 *
 * The next request leaves when everything that the last response brought is written (with flush.before.ack: synced),
 * for an offset in a request is a promise. A log that takes longer is taken out of the session until it is done. A
 * partition that becomes ready while a request waits at the leader is sent along at once in a second one: the leader
 * then answers the first.
 */
import type { Logger, Millis, Timer, World } from '@tidelog/core';
import { ErrorCode, errorName, Fetch, type EncodeOf, type ResponseOf } from '@tidelog/protocol';
import type { PeerConnection } from '../channels.ts';
import type { Deadlines } from '../deadlines.ts';
import { FollowedPartition } from './followed-partition.ts';
import { applyFetched, type FetchedPartitionData } from './follower-append.ts';
import type { TopicMetrics } from '../topic-metrics.ts';
import type { Replica } from './replica.ts';
import type { ReplicationConfig } from './replicas-types.ts';
import type { ReplicationQuotas } from './replication-quotas.ts';

export interface BrokerFetcherDeps {
  readonly world: World;
  readonly logger: Logger;
  readonly config: ReplicationConfig;
  readonly brokerEpoch: () => number;
  readonly deadlines: Deadlines;
  readonly quotas: ReplicationQuotas;
  readonly topicMetrics: TopicMetrics;
}

type FetchTopics = NonNullable<EncodeOf<(typeof Fetch)['request']>['topics']>;
type FetchResponse = ResponseOf<typeof Fetch>;

/** How long a response's slowest log may hold up the next request. */
const stragglerMs: Millis = 20;
const firstBackoffMs: Millis = 20;
const maxInFlight = 2;

export class BrokerFetcher {
  readonly leaderId: number;
  readonly #deps: BrokerFetcherDeps;
  readonly #connection: PeerConnection;
  readonly #partitions = new Map<string, FollowedPartition>();
  #changed = new Set<FollowedPartition>();
  /** Partitions that the leader's session has to let go of, by key; never one that the same request names. */
  readonly #forgotten = new Map<string, Replica>();
  readonly #writing = new Set<FollowedPartition>();
  #sessionId = 0;
  #sessionEpoch = 0;
  /** The leader had no slot for a session: every request names everything, and waits. */
  #sessionRefused = false;
  /** How many partitions the leader's session holds. */
  #sessionSize = 0;
  #requests = 0;
  /** Responses of requests up to this one belong to a session that was given up. */
  #abandoned = 0;
  #inFlight = 0;
  #scheduled = false;
  #failures = 0;
  #pause: Timer | undefined;
  #straggler: Timer | undefined;
  #closed = false;

  constructor(leaderId: number, connection: PeerConnection, deps: BrokerFetcherDeps) {
    this.leaderId = leaderId;
    this.#connection = connection;
    this.#deps = deps;
  }

  get size(): number {
    return this.#partitions.size;
  }

  add(replica: Replica): void {
    this.remove(replica);
    const followed = new FollowedPartition(replica);
    this.#partitions.set(keyOf(replica), followed);
    this.#ready(followed);
  }

  remove(replica: Replica): void {
    const followed = this.#partitions.get(keyOf(replica));
    if (followed === undefined) return;
    followed.removed = true;
    this.#partitions.delete(keyOf(replica));
    this.#changed.delete(followed);
    this.#forget(followed);
    if (followed.backoff !== undefined) this.#deps.deadlines.remove(followed.backoff);
    this.#doneWriting(followed);
  }

  /** A log has written (and, where asked for, synced) what was appended to it. */
  onReplicated(replica: Replica, logEndOffset: number): void {
    const followed = this.#partitions.get(keyOf(replica));
    if (followed?.state !== 'writing' || logEndOffset < followed.writingUpTo) return;
    followed.failures = 0;
    this.#ready(followed);
    this.#doneWriting(followed);
  }

  /** An append was lost: the position is what the log says now. */
  onLogFailed(replica: Replica): void {
    const followed = this.#partitions.get(keyOf(replica));
    if (followed === undefined) return;
    this.#doneWriting(followed);
    this.#backOff(followed, 'the log could not be written');
  }

  /** The leader may be reachable again, or elsewhere. */
  retryNow(): void {
    if (this.#pause === undefined) return;
    this.#pause.cancel();
    this.#pause = undefined;
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
    this.#straggler?.cancel();
    for (const followed of this.#partitions.values()) {
      if (followed.backoff !== undefined) this.#deps.deadlines.remove(followed.backoff);
    }
    this.#partitions.clear();
    this.#connection.close();
  }

  #ready(followed: FollowedPartition): void {
    if (followed.removed) return;
    const { replica } = followed;
    const end = replica.log?.nextOffset ?? replica.logEndOffset;
    if (replica.vouchedEndOffset < end) {
      // Found after a crash, made by a repair, or still being written for a former leader: it is waited for, and synced
      // where that is asked for, because the offset of a fetch is a promise.
      followed.state = 'writing';
      followed.writingUpTo = end;
      return replica.vouchedEndOffset < replica.logEndOffset ? replica.log?.sync() : undefined;
    }
    followed.state = 'ready';
    this.#changed.add(followed);
    this.#schedule();
  }

  #doneWriting(followed: FollowedPartition): void {
    if (!this.#writing.delete(followed) || this.#writing.size > 0) return;
    this.#straggler?.cancel();
    this.#straggler = undefined;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    this.#deps.world.timers.endOfTurn(() => {
      this.#scheduled = false;
      this.#send();
    });
  }

  #send(): void {
    if (this.#closed || this.#pause !== undefined || this.#partitions.size === 0) return;
    if (this.#writing.size > 0) return this.#awaitStragglers();
    if (this.#inFlight > 0 && !this.#mayHurry()) return;
    const isFull = this.#sessionEpoch === 0;
    const candidates = isFull ? this.#partitions.values() : this.#changed;
    const sequence = ++this.#requests;
    const topics = this.#describe(candidates, { isFull, sequence });
    const { config, brokerEpoch } = this.#deps;
    this.#changed = new Set();
    const forgotten = isFull ? [] : topicsOf(this.#forgotten.values());
    this.#forgotten.clear();
    // A request about nothing would be answered at once, again and again. The next full one ends the old session.
    if (this.#sessionSize === 0) return void (this.#sessionEpoch = 0);
    const request = {
      replicaState: { replicaId: config.nodeId, replicaEpoch: brokerEpoch() },
      // A session that is being made cannot be hurried, so its first request does not wait.
      maxWaitMs: isFull && !this.#sessionRefused ? 0 : config.replicaFetchWaitMaxMs,
      minBytes: config.replicaFetchMinBytes,
      maxBytes: config.replicaFetchResponseMaxBytes,
      sessionId: this.#sessionId,
      sessionEpoch: this.#sessionEpoch,
      topics,
      forgottenTopicsData: forgotten,
    };
    if (!isFull) this.#sessionEpoch = this.#sessionEpoch === 0x7fffffff ? 1 : this.#sessionEpoch + 1;
    this.#inFlight++;
    this.#connection.send(Fetch, request, { timeoutMs: config.replicaFetchWaitMaxMs + 30_000, version: 17 }).then(
      (response) => this.#onResponse(sequence, response),
      (cause: unknown) => this.#onFailure(sequence, String(cause)),
    );
  }

  /** A waiting request is overtaken only by news, and never while the session is being made. */
  #mayHurry(): boolean {
    return this.#inFlight < maxInFlight && this.#sessionEpoch > 0 && this.#changed.size > 0;
  }

  #awaitStragglers(): void {
    this.#straggler ??= this.#deps.world.timers.after(stragglerMs, () => {
      this.#straggler = undefined;
      for (const followed of this.#writing) this.#forget(followed);
      this.#writing.clear();
      this.#schedule();
    });
  }

  #describe(candidates: Iterable<FollowedPartition>, of: { isFull: boolean; sequence: number }): FetchTopics {
    const topics = new Map<string, FetchTopics[number]['partitions'][number][]>();
    if (of.isFull) this.#sessionSize = 0;
    for (const followed of candidates) {
      const { replica } = followed;
      if (of.isFull) followed.inSession = false;
      if (followed.state !== 'ready' || !followed.hasNews || this.#isThrottled(followed)) continue;
      this.#forgotten.delete(keyOf(replica));
      if (!followed.inSession) this.#sessionSize++;
      followed.inSession = true;
      followed.sentOffset = replica.logEndOffset;
      followed.sentLogStartOffset = replica.logStartOffset;
      followed.sentRequest = of.sequence;
      let partitions = topics.get(replica.topicId);
      if (partitions === undefined) topics.set(replica.topicId, (partitions = []));
      partitions.push({
        partition: replica.partition,
        currentLeaderEpoch: followed.leaderEpoch,
        fetchOffset: followed.sentOffset,
        lastFetchedEpoch: replica.log?.latestEpoch ?? -1,
        logStartOffset: followed.sentLogStartOffset,
        partitionMaxBytes: this.#deps.config.replicaFetchMaxBytes,
      });
    }
    return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
  }

  #isThrottled(followed: FollowedPartition): boolean {
    const { quotas, config } = this.#deps;
    const { topic, partition } = followed.replica;
    if (!quotas.isThrottled('follower', topic, partition) || followed.isCaughtUp) return false;
    if (!quotas.isExceeded('follower')) return false;
    this.#retryAfter(followed, config.replicaFetchBackoffMs);
    return true;
  }

  #onResponse(sequence: number, response: FetchResponse): void {
    this.#inFlight--;
    if (this.#closed || sequence <= this.#abandoned) return;
    if (response.errorCode !== ErrorCode.NONE) return this.#restartSession(errorName(response.errorCode));
    if (this.#sessionEpoch === 0) this.#sessionRefused = response.sessionId === 0;
    if (this.#sessionEpoch === 0 && response.sessionId !== 0) {
      this.#sessionId = response.sessionId;
      this.#sessionEpoch = 1;
    }
    this.#failures = 0;
    for (const topic of response.responses) {
      for (const data of topic.partitions) {
        const followed = this.#partitions.get(`${topic.topicId}:${data.partitionIndex}`);
        if (followed !== undefined) this.#onPartition(followed, sequence, data);
      }
    }
    this.#schedule();
  }

  #onPartition(followed: FollowedPartition, sequence: number, data: FetchedPartitionData): void {
    // An answer to a question that was asked again since, or about a position that has moved on.
    if (!followed.inSession || followed.sentRequest > sequence || followed.state !== 'ready') return;
    if (followed.replica.logEndOffset !== followed.sentOffset) return void this.#changed.add(followed);
    followed.leaderHighWatermark = data.highWatermark;
    const result = applyFetched(followed, data, (up) => this.#connection.send(up.api, up.request));
    switch (result.kind) {
      case 'idle':
        followed.failures = 0;
        if (followed.hasNews) this.#changed.add(followed);
        return;
      case 'appended':
        followed.state = 'writing';
        followed.writingUpTo = result.lastOffset + 1;
        this.#deps.quotas.record('follower', followed.replica, result.sizeInBytes);
        this.#deps.topicMetrics.add('replicationbytesin', followed.replica.topic, result.sizeInBytes);
        this.#writing.add(followed);
        return;
      case 'failed':
        return this.#backOff(followed, result.detail);
      case 'repairing':
        followed.state = 'repairing';
        this.#forget(followed);
        result.done.then(
          () => this.#ready(followed),
          (cause: unknown) => this.#backOff(followed, String(cause)),
        );
    }
  }

  #onFailure(sequence: number, reason: string): void {
    this.#inFlight--;
    if (this.#closed || sequence <= this.#abandoned) return;
    this.#restartSession(reason);
  }

  /** The session is gone, here or there: everything is told anew, after a pause that grows with failures in a row. */
  #restartSession(reason: string): void {
    const { logger, world, config } = this.#deps;
    this.#sessionId = 0;
    this.#sessionEpoch = 0;
    this.#sessionSize = 0;
    this.#abandoned = this.#requests;
    this.#forgotten.clear();
    for (const followed of this.#partitions.values()) followed.inSession = false;
    const delayMs = backoffOf(this.#failures++, config.replicaFetchBackoffMs);
    if (this.#failures === 1 || this.#failures % 20 === 0) {
      logger.info({ leader: this.leaderId, reason, delayMs }, 'the fetch session with a leader starts again');
    }
    this.#pause = world.timers.after(delayMs, () => {
      this.#pause = undefined;
      this.#schedule();
    });
  }

  #backOff(followed: FollowedPartition, detail: string): void {
    if (followed.removed) return;
    const { topic, partition } = followed.replica;
    const delayMs = backoffOf(followed.failures++, this.#deps.config.replicaFetchBackoffMs);
    this.#deps.logger.debug(
      { topic, partition, leader: this.leaderId, detail, delayMs },
      'a fetch failed; trying again',
    );
    this.#retryAfter(followed, delayMs);
  }

  #retryAfter(followed: FollowedPartition, delayMs: Millis): void {
    followed.state = 'backingOff';
    this.#forget(followed);
    followed.backoff = this.#deps.deadlines.add({ onExpired: () => this.#ready(followed) }, delayMs);
  }

  #forget(followed: FollowedPartition): void {
    if (!followed.inSession) return;
    followed.inSession = false;
    this.#sessionSize--;
    this.#forgotten.set(keyOf(followed.replica), followed.replica);
  }
}

function keyOf(replica: Replica): string {
  return `${replica.topicId}:${replica.partition}`;
}

function backoffOf(failures: number, maxMs: Millis): Millis {
  return Math.min(maxMs, firstBackoffMs * 2 ** Math.min(failures, 16));
}

function topicsOf(replicas: Iterable<Replica>): { topicId: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>();
  for (const { topicId, partition } of replicas) {
    const partitions = topics.get(topicId);
    if (partitions === undefined) topics.set(topicId, [partition]);
    else partitions.push(partition);
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
}
