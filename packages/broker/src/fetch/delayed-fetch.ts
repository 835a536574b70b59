/**
 * A fetch that may have to wait for data. It looks once when it comes; if that is not enough it sleeps until one of
 * its partitions changes, its time is up, a newer request of its session hurries it or its connection closes. Several
 * changes in one turn make one look.
 *
 *   looking ──enough──▶ done
 *      │  ▲
 *   too little  woken
 *      ▼  │
 *   waiting ──time up, hurried──▶ (last look) ──▶ done
 */
import type { Millis, World } from '@tidelog/core';
import type { Deadline, Deadlines, Expiring } from '../deadlines.ts';
import type { FetchPartition } from './fetch-partition.ts';
import { FetchRound, type RoundResult } from './fetch-round.ts';
import type { PartitionReader, PartitionResult } from './partition-reader.ts';

export interface DelayedFetchOptions {
  readonly world: World;
  readonly deadlines: Deadlines;
  readonly reader: PartitionReader;
  /** The partitions to look at now. */
  readonly candidates: () => readonly FetchPartition[];
  readonly minBytes: number;
  readonly maxBytes: number;
  /** Sets bytes aside for a look and gives how many it may read; RequestContext.reserveResponse. */
  readonly reserve: (bytes: number) => number;
  readonly maxWaitMs: Millis;
  /** Whether news without data is enough, for followers where consumers read from followers (KIP-392). */
  readonly answersForHighWatermark: boolean;
  /** Called once, in the turn of the last look: nothing can change between the look and the response. */
  readonly onDone: (result: RoundResult) => void;
  readonly onFailed: (cause: unknown) => void;
}

export class DelayedFetch implements Expiring {
  readonly #options: DelayedFetchOptions;
  #deadline: Deadline | undefined;
  #looking = false;
  #wakePending = false;
  #isLast: boolean;
  #finished = false;
  readonly #followers: (() => void)[] = [];

  constructor(options: DelayedFetchOptions) {
    this.#options = options;
    this.#isLast = options.maxWaitMs <= 0;
  }

  get isFinished(): boolean {
    return this.#finished;
  }

  /** Calls back when it has answered. */
  onFinished(callback: () => void): void {
    this.#followers.push(callback);
  }

  start(): void {
    this.#look();
    if (this.#finished || this.#isLast) return;
    this.#deadline = this.#options.deadlines.add(this, this.#options.maxWaitMs);
  }

  /** A partition changed: looks again at the end of this turn. */
  wake(): void {
    if (this.#finished || this.#wakePending) return;
    this.#wakePending = true;
    if (!this.#looking) this.#schedule();
  }

  onExpired(): void {
    this.#deadline = undefined;
    this.hurry();
  }

  /** Answers with what there is. */
  hurry(): void {
    if (this.#finished) return;
    this.#isLast = true;
    if (!this.#looking) this.#look();
  }

  #look(): void {
    this.#looking = true;
    const { reader, candidates, maxBytes, reserve } = this.#options;
    const granted = reserve(maxBytes);
    const result = new FetchRound(reader, candidates(), granted).run();
    if (!(result instanceof Promise)) return this.#judge(result, granted);
    result.then(
      (late) => this.#judge(late, granted),
      (cause: unknown) => this.#finish(() => this.#options.onFailed(cause)),
    );
  }

  #judge(result: RoundResult, granted: number): void {
    this.#looking = false;
    if (this.#isLast || this.#isEnough(result, granted)) return this.#finish(() => this.#options.onDone(result));
    this.#options.reserve(0);
    if (this.#wakePending) this.#schedule();
  }

  #schedule(): void {
    this.#options.world.timers.endOfTurn(() => {
      this.#wakePending = false;
      if (!this.#finished && !this.#looking) this.#look();
    });
  }

  #isEnough({ results, bytes, isUrgent }: RoundResult, granted: number): boolean {
    if (isUrgent || bytes >= Math.min(this.#options.minBytes, Math.max(1, granted))) return true;
    return results.some((result) => this.#isTold(result));
  }

  /**
   * News that a follower is told without data: of the log start, so that deletions do not wait, and of what it may
   * serve.
   */
  #isTold({ partition, highWatermark, logStartOffset }: PartitionResult): boolean {
    if (!partition.isFollowers) return false;
    if (partition.sentLogStartOffset >= 0 && logStartOffset > partition.sentLogStartOffset) return true;
    return this.#options.answersForHighWatermark && highWatermark > partition.sentHighWatermark;
  }

  #finish(answer: () => void): void {
    this.#finished = true;
    if (this.#deadline !== undefined) this.#options.deadlines.remove(this.#deadline);
    answer();
    for (const callback of this.#followers) callback();
  }
}
