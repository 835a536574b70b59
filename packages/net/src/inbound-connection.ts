/**
 * One client's connection: frames in, calls through the pipeline, responses out in order. It owns the back-pressure of
 * that client and refuses to hold more of its bytes than the limits say: reading stops while too many requests wait for
 * their answer, the client does not read what it is sent, the process holds too many requests, or it is throttled.
 *
 *   onData ─▶ frames ─▶ dispatcher.open ─▶ pipeline ─▶ outbox ─(end of turn)─▶ one gathering write
 *      └──── pause / resume ◀── #isBlocked ◀──┘
 *
 *   open ─drain()─▶ draining ─all answered─▶ ending ─socket closed─▶ closed
 *     └──── the peer ends its side ────────────▲                      ▲
 *     └──── close(), or the peer breaks a rule ───────────────────────┘
 */
import type { Chunks, Millis, RateLimitedLog, Socket, World } from '@tidelog/core';
import type { ByteBudget } from './byte-budget.ts';
import type { Call, CallOwner, CallStage, Peer } from './call.ts';
import type { Deadline, Deadlines } from './deadlines.ts';
import { RefusedRequestError, type Dispatcher } from './dispatcher.ts';
import { FrameError, FrameReader } from './frame.ts';
import type { NetworkLimits } from './limits.ts';
import type { NetworkMetrics } from './network-metrics.ts';
import { Outbox } from './outbox.ts';
import type { PartialFrameHolder, PartialFrames } from './partial-frames.ts';
import { Pipeline, type PipelineOwner } from './pipeline.ts';
import type { TurnFlush } from './turn-flush.ts';

/** A frame holds an API key, a version and a correlation id at least. */
const requestMinBytes = 8;

/** What the connections of a listener share. */
export interface ConnectionShared {
  readonly world: World;
  readonly dispatcher: Dispatcher;
  readonly limits: NetworkLimits;
  readonly requestBytes: ByteBudget;
  readonly responseBytes: ByteBudget;
  readonly partialFrames: PartialFrames;
  readonly deadlines: Deadlines;
  readonly turnFlush: TurnFlush;
  readonly log: RateLimitedLog;
  readonly metrics: NetworkMetrics;
  onClosed(connection: InboundConnection): void;
}

export class InboundConnection implements CallOwner, PipelineOwner<Call>, PartialFrameHolder {
  readonly peer: Peer;
  readonly #shared: ConnectionShared;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  readonly #pipeline: Pipeline<Call>;
  readonly #outbox: Outbox;
  readonly #roomForRequests = (): void => this.#pump();
  #state: 'open' | 'draining' | 'ending' | 'closed' = 'open';
  #mutedUntil: Deadline | undefined;
  #idleCheck: Deadline;
  #lastActivity: Millis;
  /** Of requests that are not answered. */
  #inFlightBytes = 0;
  #paused = false;
  #pumping = false;
  #disconnectCallbacks: (() => void)[] | undefined;

  constructor(socket: Socket, peer: Peer, shared: ConnectionShared) {
    this.#socket = socket;
    this.peer = peer;
    this.#shared = shared;
    const { limits, turnFlush, deadlines, world, responseBytes } = shared;
    this.#frames = new FrameReader({ minBytes: requestMinBytes, maxBytes: limits.socketRequestMaxBytes });
    this.#pipeline = new Pipeline(this);
    const maxUnreadBytes = limits.connectionMaxUnreadBytes;
    this.#outbox = new Outbox({ socket, turnFlush, maxUnreadBytes, responseBytes, onFlushed: () => this.#progress() });
    this.#lastActivity = world.clock.monotonic();
    this.#idleCheck = deadlines.after(limits.connectionsMaxIdleMs, () => this.#checkIdle());
    socket.handle({
      onData: (chunk) => this.#onData(chunk),
      onEnd: () => this.#end(),
      onDrain: () => this.#onDrain(),
      onClose: () => this.#becomeClosed(),
    });
  }

  get responseBytes(): ByteBudget {
    return this.#shared.responseBytes;
  }

  /** No answer can be given any more. */
  get closed(): boolean {
    return this.#state === 'ending' || this.#state === 'closed';
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  /** Reads no more, answers what is in flight, then closes. */
  drain(): void {
    if (this.#state !== 'open') return;
    this.#state = 'draining';
    this.#pump();
    this.#endWhenDrained();
  }

  /** Closes now; what is in flight is abandoned. */
  close(): void {
    if (this.#state === 'closed') return;
    if (!this.closed) this.#outbox.flush();
    this.#becomeClosed();
    this.#socket.destroy();
  }

  /** Starts no further call and reads nothing for so long, or longer if it is muted for longer already. */
  mute(delayMs: Millis): void {
    if (this.closed) return;
    const { deadlines, world } = this.#shared;
    if ((this.#mutedUntil?.deadline ?? 0) >= world.clock.monotonic() + delayMs) return;
    deadlines.cancel(this.#mutedUntil);
    this.#mutedUntil = deadlines.after(delayMs, () => {
      this.#mutedUntil = undefined;
      this.#pump();
    });
    if (!this.#pumping) this.#pump();
  }

  onDisconnect(callback: () => void): void {
    if (this.#state === 'closed') callback();
    else (this.#disconnectCallbacks ??= []).push(callback);
  }

  mayStart(): boolean {
    if (this.#mutedUntil !== undefined || this.closed || this.#outbox.isClientBehind) return false;
    // While the process holds as many unread responses as it may, a connection makes one at a time.
    return !this.#pipeline.hasStarted || this.#shared.responseBytes.hasRoom;
  }

  onCallDone(): void {
    this.#pipeline.release();
    this.#progress();
  }

  onAnswered(call: Call): void {
    this.#inFlightBytes -= call.frameBytes;
    this.#shared.requestBytes.give(call.frameBytes);
    this.#outbox.push(call.response);
    if (call.throttleMs > 0) this.mute(call.throttleMs);
  }

  onCallFailed(call: Call, stage: CallStage, error: unknown): void {
    if (this.closed) return;
    const { apiName, apiVersion, correlationId, clientId } = call;
    if (error instanceof RefusedRequestError) return this.#refuse(error);
    const fields = { ...this.peer, api: apiName, apiVersion, correlationId, clientId, err: error };
    const level = stage === 'decode' ? 'warn' : 'error';
    this.#shared.log.write(level, `call-${stage}`, fields, failures[stage]);
    this.close();
  }

  dropPartialFrame(reason: 'slow' | 'memory'): void {
    if (this.#state === 'closed') return;
    const { partialFramesMaxBytes } = this.#shared.limits;
    const text =
      reason === 'slow'
        ? 'connection closed: the peer began a request and sends the rest of it too slowly'
        : `connection closed: unfinished requests hold over ${partialFramesMaxBytes} bytes and this one began first`;
    this.#complain(`partial-${reason}`, text, { bytes: this.#frames.partialBytes });
    this.#shared.metrics.expiredConnections.add(1, { listener: this.peer.listenerName });
    this.close();
  }

  #onData(chunk: Buffer): void {
    if (this.#state !== 'open') return;
    this.#frames.push(chunk);
    this.#pump();
  }

  #onDrain(): void {
    this.#lastActivity = this.#shared.world.clock.monotonic();
    this.#outbox.onDrain();
    this.#progress();
  }

  /** Something was answered or sent: what waited for that goes on. */
  #progress(): void {
    if (this.#paused || this.#pipeline.hasWaiting) this.#pump();
    this.#endWhenDrained();
  }

  /** Starts what may start, reads what may be read, and pauses or resumes the socket accordingly. */
  #pump(): void {
    if (this.#pumping || this.closed) return;
    this.#pumping = true;
    const now = this.#shared.world.clock.monotonic();
    this.#lastActivity = now;
    let frames = 0;
    try {
      this.#pipeline.advance(now);
      for (; !this.#isBlocked(); frames++) {
        const frame = this.#frames.next();
        if (frame === undefined) break;
        this.#accept(frame, now);
      }
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#pumping = false;
    }
    if (this.closed) return;
    this.#shared.partialFrames.update(this, this.#frames.partialBytes, frames > 0);
    const paused = this.#isBlocked();
    if (this.closed || paused === this.#paused) return;
    this.#paused = paused;
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  #accept(frame: Chunks, now: Millis): void {
    const call = this.#shared.dispatcher.open(frame, this, now);
    this.#inFlightBytes += call.frameBytes;
    this.#shared.requestBytes.take(call.frameBytes);
    this.#pipeline.add(call);
    this.#pipeline.advance(now);
  }

  #isBlocked(): boolean {
    const { limits, requestBytes } = this.#shared;
    if (this.#state !== 'open' || this.#mutedUntil !== undefined || this.#outbox.isClientBehind) return true;
    if (this.#pipeline.size >= limits.connectionMaxInFlightRequests) return true;
    if (this.#pipeline.size > 0) {
      if (this.#inFlightBytes >= limits.connectionMaxInFlightBytes) return true;
      if (requestBytes.used >= limits.pipelinedRequestsMaxBytes) return true;
    }
    if (requestBytes.hasRoom) return false;
    requestBytes.await(this.#roomForRequests);
    return true;
  }

  #endWhenDrained(): void {
    if (this.#state === 'draining' && this.#pipeline.size === 0 && this.#outbox.isEmpty) this.#end();
  }

  /** Sends what is ready and then closes; the idle check sees to a peer that does not take it. */
  #end(): void {
    if (this.closed) return;
    this.#outbox.flush();
    if (this.closed) return;
    this.#state = 'ending';
    this.#abandon();
    this.#socket.end();
  }

  #checkIdle(): void {
    const { world, limits, deadlines, metrics } = this.#shared;
    const idleMs = world.clock.monotonic() - this.#lastActivity;
    const isOursToAnswer = !this.closed && this.#pipeline.size > 0 && !this.#outbox.isClientBehind;
    const leftMs = isOursToAnswer ? limits.connectionsMaxIdleMs : limits.connectionsMaxIdleMs - idleMs;
    if (leftMs > 0) {
      this.#idleCheck = deadlines.after(leftMs, () => this.#checkIdle());
      return;
    }
    metrics.expiredConnections.add(1, { listener: this.peer.listenerName });
    this.close();
  }

  #refuse(error: unknown): void {
    if (error instanceof FrameError) this.#complain(`frame-${error.fault}`, `connection closed: ${error.message}`, {});
    else if (error instanceof RefusedRequestError) {
      this.#complain(`request-${error.reason}`, `connection closed: ${error.message}`, {});
    } else throw error;
    this.close();
  }

  #complain(kind: string, text: string, fields: Readonly<Record<string, unknown>>): void {
    this.#shared.log.write('warn', kind, { ...this.peer, ...fields }, text);
  }

  #becomeClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#outbox.onClosed();
    this.#shared.deadlines.cancel(this.#idleCheck);
    this.#abandon();
    tell(this.#disconnectCallbacks ?? [], this.peer, this.#shared.log);
    this.#shared.onClosed(this);
  }

  #abandon(): void {
    const { deadlines, requestBytes, partialFrames } = this.#shared;
    deadlines.cancel(this.#mutedUntil);
    requestBytes.forget(this.#roomForRequests);
    partialFrames.update(this, 0, false);
    this.#outbox.discard();
    for (const call of this.#pipeline.clear()) {
      tell(call.abandon(), this.peer, this.#shared.log);
      requestBytes.give(call.frameBytes);
    }
  }
}

/** Handlers' own callbacks: a bug in one takes nothing from the others. */
function tell(callbacks: readonly (() => void)[], peer: Peer, log: RateLimitedLog): void {
  for (const callback of callbacks) {
    try {
      callback();
    } catch (error) {
      log.write('error', 'close-callback', { ...peer, err: error }, failures.close);
    }
  }
}

const failures: Readonly<Record<CallStage | 'close', string>> = {
  decode: 'connection closed: the request is malformed',
  handle: 'connection closed: the handler failed',
  encode: 'connection closed: the response cannot be expressed',
  close: 'a handler failed when its connection closed',
};
