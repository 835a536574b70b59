/**
 * What one step of a shard's core sees and says. Effects are data, in order; the shell performs them:
 *
 *   append   records of this decision, in the order they were decided; one decision is appended whole or not at all
 *   reply    released when everything that was decided so far is committed; an error when it cannot be
 *   answer   released at once: refusals, and what commits nothing
 *   settle   comes back as `appended(token, error)` when everything decided so far is committed or has failed
 */
import type { Millis } from '@tidelog/core';

/** Who waits for an answer. The core only passes it on. */
export interface Requester {
  readonly id: number;
}

/** Records of an open transaction are appended under the producer's id. */
export interface TransactionalProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export type ShardEffect<Rec> =
  | { readonly type: 'append'; readonly record: Rec; readonly producer: TransactionalProducer | undefined }
  | { readonly type: 'reply'; readonly to: Requester; readonly response: unknown }
  | { readonly type: 'answer'; readonly to: Requester; readonly response: unknown }
  | { readonly type: 'settle'; readonly token: unknown };

export class Turn<Rec> {
  /** On the monotonic clock: for timeouts. */
  readonly now: Millis;
  /** Since 1970: for timestamps and retention. */
  readonly wall: Millis;
  readonly effects: ShardEffect<Rec>[] = [];

  constructor(now: Millis, wall: Millis) {
    this.now = now;
    this.wall = wall;
  }

  append(record: Rec, producer?: TransactionalProducer): void {
    this.effects.push({ type: 'append', record, producer });
  }

  reply(to: Requester, response: unknown): void {
    this.effects.push({ type: 'reply', to, response });
  }

  answer(to: Requester, response: unknown): void {
    this.effects.push({ type: 'answer', to, response });
  }

  settle(token: unknown): void {
    this.effects.push({ type: 'settle', token });
  }
}
