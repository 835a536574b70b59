/**
 * All shards of one coordinator on this broker. Follows the leaderships of the coordinator's topic: elected means
 * load and then serve, resigned means unload. It finds the shard of a key and gives requests to it; what a request
 * means is the core's business, and this file knows no kind of coordinator.
 */
import { coordinatorPartition, type Logger, type World } from '@tidelog/core';
import { ErrorCode } from '@tidelog/protocol';
import { Deadlines } from '../../deadlines.ts';
import type { Replicas } from '../../replication/replicas.ts';
import type { LeadershipListener, LedPartition } from '../../replication/replicas-types.ts';
import type { ShardCore } from './core/shard-core.ts';
import type { Requester } from './core/turn.ts';
import { Shard, type ShardRequest, type ShardTimings } from './shard.ts';

export interface CoordinatorRuntimeDeps<Input, Rec, State extends ShardCore<Input, Rec>> {
  readonly world: World;
  readonly logger: Logger;
  readonly replicas: Replicas;
  /** The coordinator's internal topic. */
  readonly topic: string;
  readonly timings: ShardTimings;
  readonly makeCore: (partition: number) => State;
}

/** How a request is put to a shard, and what a failure looks like in its response. */
export interface ShardCall<Input, Response> {
  readonly input: (to: Requester) => Input;
  readonly failed: (error: ErrorCode) => Response;
}

/** Shards that load at the same time: enough to keep disk and loop busy, few enough to keep the loop free. */
const concurrentLoads = 2;

export class CoordinatorRuntime<Input, Rec, State extends ShardCore<Input, Rec>> implements LeadershipListener {
  readonly #deps: CoordinatorRuntimeDeps<Input, Rec, State>;
  readonly #deadlines: Deadlines;
  readonly #shards = new Map<number, Shard<Input, Rec>>();
  readonly #toLoad: Shard<Input, Rec>[] = [];
  #loading = 0;
  #requests = 0;
  #closed = false;

  constructor(deps: CoordinatorRuntimeDeps<Input, Rec, State>) {
    this.#deps = deps;
    this.#deadlines = new Deadlines(deps.world);
    deps.replicas.addLeadershipListener(this);
  }

  /** The partition that coordinates a key; undefined while the topic does not exist. */
  partitionOf(key: string): number | undefined {
    const count = this.#deps.replicas.image.topics.get(this.#deps.topic)?.partitions.size;
    return count === undefined || count === 0 ? undefined : coordinatorPartition(key, count);
  }

  /** Asks the shard of a key; an answer always comes, never a rejection. */
  call<Response>(key: string, request: ShardCall<Input, Response>): Promise<Response> {
    const partition = this.partitionOf(key);
    if (partition === undefined) return Promise.resolve(request.failed(ErrorCode.COORDINATOR_NOT_AVAILABLE));
    return this.callPartition(partition, request);
  }

  callPartition<Response>(partition: number, { input, failed }: ShardCall<Input, Response>): Promise<Response> {
    const shard = this.#shards.get(partition);
    const error = shard?.error ?? ErrorCode.NOT_COORDINATOR;
    if (shard === undefined || error !== ErrorCode.NONE) return Promise.resolve(failed(error));
    return new Promise((resolve) => {
      const request: ShardRequest = {
        id: ++this.#requests,
        respond: (response) => resolve(response as Response),
        fail: (code) => resolve(failed(code)),
      };
      shard.submit(input(request), request);
    });
  }

  /** Whether requests for keys of a partition are served here now. */
  serves(partition: number): boolean {
    return this.#shards.get(partition)?.error === ErrorCode.NONE;
  }

  /** Partitions with a shard here, loading ones too. */
  partitions(): Iterable<number> {
    return this.#shards.keys();
  }

  /** Tells the shard of a partition, if it serves here. */
  tell(partition: number, input: Input): void {
    const shard = this.#shards.get(partition);
    if (shard?.error === ErrorCode.NONE) shard.submit(input);
  }

  /** Tells every active shard. */
  broadcast(input: Input): void {
    for (const shard of this.#shards.values()) if (shard.error === ErrorCode.NONE) shard.submit(input);
  }

  /** The cores that serve, for gauges. */
  *cores(): Generator<State> {
    for (const shard of this.#shards.values()) if (shard.error === ErrorCode.NONE) yield shard.core as State;
  }

  onElected({ topic, partition, leaderEpoch }: LedPartition): void {
    if (topic !== this.#deps.topic || this.#closed) return;
    this.#shards.get(partition)?.close();
    this.#open(partition, leaderEpoch);
  }

  onResigned({ topic, partition }: LedPartition): void {
    if (topic !== this.#deps.topic) return;
    this.#shards.get(partition)?.close();
    this.#shards.delete(partition);
  }

  close(): void {
    this.#closed = true;
    for (const shard of this.#shards.values()) shard.close();
    this.#shards.clear();
    this.#deadlines.close();
  }

  /** Attempts count the loads that have failed in a row. */
  #open(partition: number, leaderEpoch: number, attempt = 0): void {
    const { world, logger, replicas, topic, timings, makeCore } = this.#deps;
    const replica = replicas.get(topic, partition);
    if (replica === undefined) return;
    const shard = new Shard<Input, Rec>({
      world,
      logger,
      replica,
      leaderEpoch,
      timings,
      deadlines: this.#deadlines,
      core: makeCore(partition),
      onLost: () => this.#reopen(shard, shard.wasLoaded ? 0 : attempt + 1),
    });
    this.#shards.set(partition, shard);
    this.#toLoad.push(shard);
    // The replica tells of its election while it changes its role: the log is read after that.
    world.timers.endOfTurn(() => this.#loadNext());
  }

  /** In a later turn, and only if the leadership that the shard served is still this broker's. */
  #reopen(shard: Shard<Input, Rec>, attempt: number): void {
    const { world, replicas, topic } = this.#deps;
    const delayMs = Math.min(reloadDelayMs * 2 ** attempt, maxReloadDelayMs);
    world.timers.after(delayMs, () => {
      if (this.#closed || this.#shards.get(shard.partition) !== shard) return;
      const replica = replicas.get(topic, shard.partition);
      this.#shards.delete(shard.partition);
      if (replica?.role === 'leader') this.#open(shard.partition, replica.leaderEpoch, attempt);
    });
  }

  #loadNext(): void {
    if (this.#loading >= concurrentLoads) return;
    const shard = this.#toLoad.shift();
    if (shard === undefined) return;
    this.#loading++;
    void shard.load().finally(() => {
      this.#loading--;
      this.#loadNext();
    });
    this.#loadNext();
  }
}

const reloadDelayMs = 100;
const maxReloadDelayMs = 10_000;
