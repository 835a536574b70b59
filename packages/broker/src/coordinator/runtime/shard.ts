/**
 * One partition of a coordinator's topic, led by this broker: the core, its log and those who wait for answers.
 *
 *   loading ──loaded──▶ active ──resigned, or state and log may differ──▶ closed
 *      └──────────────── resigned, unreadable ─────────────────────────────▲
 *
 * Requests are stepped as they come; their records leave together at the end of the turn (shard-writer.ts). An input
 * that breaks the core costs its sender an error and the shard a reload, and nobody else anything.
 */
import type { Logger, Timer, World } from '@tidelog/core';
import { ErrorCode, errorName, type Codec } from '@tidelog/protocol';
import type { Deadlines } from '../../deadlines.ts';
import type { Replica } from '../../replication/replica.ts';
import { clientError } from './coordinator-errors.ts';
import type { EncodedRecord, ShardCore } from './core/shard-core.ts';
import { Turn, type Requester, type TransactionalProducer } from './core/turn.ts';
import { loadShard } from './shard-loader.ts';
import { ShardWriter, type DecisionWaiter } from './shard-writer.ts';

/** What the log says when a core has thrown: a bug, which the simulator looks for. */
export const shardBroke = 'a coordinator shard broke and is loaded anew';

export interface ShardTimings {
  /** offsets.commit.timeout.ms: how long a request waits for its records to be committed. */
  readonly commitTimeoutMs: number;
  /** offsets.load.buffer.size */
  readonly loadBufferBytes: number;
  /** Codec of the records. */
  readonly codec: Codec;
}

export interface ShardDeps<Input, Rec> {
  readonly world: World;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  readonly replica: Replica;
  readonly leaderEpoch: number;
  readonly core: ShardCore<Input, Rec>;
  readonly timings: ShardTimings;
  /** State and log may differ: make a new shard if this broker still leads. */
  readonly onLost: () => void;
}

/** A request in a shard: answered once, with a response or the error that takes its place. */
export interface ShardRequest extends Requester {
  respond(response: unknown): void;
  fail(error: ErrorCode): void;
}

export class Shard<Input, Rec> {
  readonly core: ShardCore<Input, Rec>;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly #deps: ShardDeps<Input, Rec>;
  readonly #writer: ShardWriter;
  #state: 'loading' | 'active' | 'closed' = 'loading';
  #timer: Timer | undefined;
  #timerAt = Infinity;
  /** It served, before it was lost. */
  wasLoaded = false;

  constructor(deps: ShardDeps<Input, Rec>) {
    const { world, deadlines, replica, leaderEpoch, core, timings } = deps;
    this.#deps = deps;
    this.core = core;
    this.partition = replica.partition;
    this.leaderEpoch = leaderEpoch;
    this.#writer = new ShardWriter({
      world,
      deadlines,
      replica,
      leaderEpoch,
      timeline: core.timeline,
      codec: timings.codec,
      commitTimeoutMs: timings.commitTimeoutMs,
      onReverted: () => this.#run((turn) => this.core.reverted(turn)),
      onLost: (error) => this.#onLost(error),
    });
  }

  /** NONE, or why requests cannot be served here now. */
  get error(): ErrorCode {
    if (this.#state === 'active') return ErrorCode.NONE;
    return this.#state === 'loading' ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NOT_COORDINATOR;
  }

  async load(): Promise<void> {
    const { world, logger, replica, core, timings } = this.#deps;
    const { topic, partition } = replica;
    const start = world.clock.monotonic();
    const isCancelled = (): boolean => this.#state === 'closed';
    core.timeline.recording = false;
    try {
      const bufferBytes = timings.loadBufferBytes;
      const loaded = await loadShard({ world, replica, core, bufferBytes, isCancelled });
      if (loaded === undefined) return;
      const { records } = loaded;
      core.timeline.recording = true;
      this.#state = 'active';
      this.wasLoaded = true;
      this.#writer.awaitCommitted(loaded.end);
      this.#run((turn) => core.loaded(turn));
      const tookMs = Math.round(world.clock.monotonic() - start);
      logger.debug({ topic, partition, records, tookMs, leaderEpoch: this.leaderEpoch }, 'coordinator shard loaded');
    } catch (cause) {
      if (this.#state === 'closed') return;
      logger.error(
        { topic, partition, cause: String(cause) },
        'a coordinator shard cannot be loaded and is tried again',
      );
      this.close();
      this.#deps.onLost();
    }
  }

  /** Only while active. The request, if it is one, hears of it when its input breaks the core. */
  submit(input: Input, request?: ShardRequest): void {
    this.#run((turn) => this.core.step(input, turn), request);
  }

  /** Everybody who waits hears NOT_COORDINATOR; the core is of no use any more. */
  close(error: ErrorCode = ErrorCode.NOT_COORDINATOR): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#timer?.cancel();
    this.#writer.close(error);
    for (const requester of this.core.unload()) (requester as ShardRequest).fail(ErrorCode.NOT_COORDINATOR);
  }

  #run(step: (turn: Turn<Rec>) => void, request?: ShardRequest): void {
    if (this.#state !== 'active') return;
    const { clock } = this.#deps.world;
    const turn = new Turn<Rec>(clock.monotonic(), clock.wall());
    const from = this.core.timeline.position;
    try {
      step(turn);
      this.#perform(turn, from);
      this.#arm();
    } catch (cause) {
      this.#onBroken(cause, turn, request);
    }
  }

  #perform(turn: Turn<Rec>, from: number): void {
    const { effects } = turn;
    if (effects.length === 0) return;
    const records: EncodedRecord[] = [];
    let producer: TransactionalProducer | undefined;
    for (const effect of effects) {
      if (effect.type !== 'append') continue;
      records.push(this.core.encode(effect.record));
      producer ??= effect.producer;
    }
    const waiters: DecisionWaiter[] = [];
    for (const effect of effects) {
      if (effect.type === 'answer') (effect.to as ShardRequest).respond(effect.response);
      else if (effect.type === 'reply') waiters.push(new Reply(effect.to as ShardRequest, effect.response));
      else if (effect.type === 'settle') waiters.push(this.#settler(effect.token));
    }
    if (records.length === 0 && waiters.length === 0) return;
    if (this.#writer.canTake(records)) {
      return this.#writer.add({ records, producer, waiters, from, to: this.core.timeline.position });
    }
    // Alone, before it is put to others that would fail with it.
    this.core.timeline.revertTo(from);
    this.#run((late) => this.core.reverted(late));
    for (const waiter of waiters) waiter.settle(ErrorCode.MESSAGE_TOO_LARGE);
  }

  /** Nobody knows what state this left: the log does. Whoever was to be answered in this turn is out of the core. */
  #onBroken(cause: unknown, { effects }: Turn<Rec>, request: ShardRequest | undefined): void {
    const { topic, partition } = this.#deps.replica;
    const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.#deps.logger.error({ topic, partition, cause: why }, shardBroke);
    request?.fail(ErrorCode.UNKNOWN_SERVER_ERROR);
    for (const effect of effects) {
      if (effect.type === 'reply' || effect.type === 'answer') {
        (effect.to as ShardRequest).fail(ErrorCode.NOT_COORDINATOR);
      }
    }
    this.close();
    this.#deps.onLost();
  }

  #settler(token: unknown): DecisionWaiter {
    return {
      isPatient: true,
      settle: (error) => this.#run((turn) => this.core.appended(token, clientError(error), turn)),
    };
  }

  #arm(): void {
    if (this.#state !== 'active') return;
    const at = this.core.nextDeadline();
    if (at === this.#timerAt) return;
    this.#timer?.cancel();
    this.#timerAt = at;
    if (at === Infinity) return;
    const { timers, clock } = this.#deps.world;
    this.#timer = timers.after(Math.max(0, at - clock.monotonic()), () => {
      this.#timerAt = Infinity;
      this.#run((turn) => this.core.tick(turn));
    });
  }

  #onLost(error: ErrorCode): void {
    if (this.#state === 'closed') return;
    const { topic, partition } = this.#deps.replica;
    this.#deps.logger.warn({ topic, partition, error: errorName(error) }, 'a coordinator lost appends');
    this.close(clientError(error));
    this.#deps.onLost();
  }
}

class Reply implements DecisionWaiter {
  readonly isPatient = false;
  readonly #to: ShardRequest;
  readonly #response: unknown;

  constructor(to: ShardRequest, response: unknown) {
    this.#to = to;
    this.#response = response;
  }

  settle(error: ErrorCode): void {
    if (error === ErrorCode.NONE) this.#to.respond(this.#response);
    else this.#to.fail(clientError(error));
  }
}
