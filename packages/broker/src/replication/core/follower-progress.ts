/**
 * What a leader knows of one follower: how far it has fetched and when it last had everything.
 *
 * A follower is caught up at a fetch that reaches the leader's log end, and, at any fetch that reaches what was the log
 * end at its previous one, as of that previous fetch. An idle follower sends nothing about a partition in which nothing
 * happens (KIP-227), so one that has everything counts as caught up until the leader's log grows.
 */
import type { Millis } from '@tidelog/core';
import type { FollowerFetch } from './partition-events.ts';

export class FollowerProgress {
  readonly brokerId: number;
  /** -1 until it has fetched in this leader epoch. */
  logEndOffset = -1;
  logStartOffset = -1;
  /** As of its newest fetch; -1 when it did not say. */
  brokerEpoch = -1;
  #lastCaughtUpMs: Millis;
  #lastFetchMs: Millis = -Infinity;
  #leaderEndAtLastFetch: number;

  constructor(brokerId: number, options: { readonly lastCaughtUpMs: Millis; readonly leaderLogEndOffset: number }) {
    this.brokerId = brokerId;
    this.#lastCaughtUpMs = options.lastCaughtUpMs;
    this.#leaderEndAtLastFetch = options.leaderLogEndOffset;
  }

  onFetched(fetch: FollowerFetch, leaderLogEndOffset: number, now: Millis): void {
    if (fetch.offset >= leaderLogEndOffset) this.#lastCaughtUpMs = Math.max(this.#lastCaughtUpMs, now);
    else if (fetch.offset >= this.#leaderEndAtLastFetch) {
      this.#lastCaughtUpMs = Math.max(this.#lastCaughtUpMs, this.#lastFetchMs);
    }
    this.logEndOffset = fetch.offset;
    this.logStartOffset = fetch.logStartOffset;
    this.brokerEpoch = fetch.replicaEpoch;
    this.#leaderEndAtLastFetch = leaderLogEndOffset;
    this.#lastFetchMs = now;
  }

  /** The leader's log grows from `previousEnd`: who had everything was caught up until now. */
  onLeaderAppended(previousEnd: number, now: Millis): void {
    if (this.logEndOffset >= previousEnd) this.#lastCaughtUpMs = Math.max(this.#lastCaughtUpMs, now);
  }

  /** It fetches, or there is nothing to fetch. */
  isActive(leaderLogEndOffset: number, now: Millis, lagTimeMaxMs: Millis): boolean {
    return this.logEndOffset >= leaderLogEndOffset || now - this.#lastFetchMs <= lagTimeMaxMs;
  }

  isCaughtUp(leaderLogEndOffset: number, now: Millis, lagTimeMaxMs: Millis): boolean {
    return this.logEndOffset >= leaderLogEndOffset || now - this.#lastCaughtUpMs <= lagTimeMaxMs;
  }
}
