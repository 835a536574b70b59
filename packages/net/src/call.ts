/**
 * One request of one connection, from its frame to the pieces of its response. It is the context that its handler sees.
 * Decoding waits until the call starts, so what waits in line costs no more than its frame.
 *
 *   waiting ─start─▶ running ─answer─▶ done
 *                       └──────throw──▶ failed (the connection closes)
 */
import type { Chunks, Clock, Millis } from '@tidelog/core';
import type { ByteBudget } from './byte-budget.ts';
import { noResponse, type BoundHandler, type NoResponse } from './handler.ts';
import type { ApiMeter } from './network-metrics.ts';
import type { PipelinedCall } from './pipeline.ts';
import type { RequestContext } from './request-context.ts';

/** What is the same for all requests of a connection. */
export interface Peer {
  /** Unique for the life of the process. */
  readonly connectionId: number;
  readonly listenerName: string;
  readonly remoteAddress: string;
  readonly principal: string;
  readonly isPrivileged: boolean;
}

export type CallStage = 'decode' | 'handle' | 'encode';

/** The connection of a call. */
export interface CallOwner {
  readonly peer: Peer;
  readonly closed: boolean;
  /** Bytes of responses that clients have not read, and what is set aside for those being made; absent: no limit. */
  readonly responseBytes?: ByteBudget;
  /** Calls back once when the connection closes; at once when it has closed. */
  onDisconnect(callback: () => void): void;
  /** A call is done; its response may have to wait for earlier ones. */
  onCallDone(): void;
  /** The request could not be decoded, the handler threw, or its response cannot be expressed. */
  onCallFailed(call: Call, stage: CallStage, error: unknown): void;
}

/** What serves one API. */
export interface Served {
  readonly handler: BoundHandler;
  readonly meter: ApiMeter;
  readonly clock: Clock;
}

export interface CallHeader {
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where the body begins in the frame. */
  readonly bodyAt: number;
}

export class Call implements RequestContext, PipelinedCall {
  readonly receivedAt: Millis;
  readonly frameBytes: number;
  throttleMs: Millis = 0;
  done = false;
  /** Empty when nothing goes back. */
  response: readonly Buffer[] = [];
  readonly #served: Served;
  readonly #header: CallHeader;
  readonly #owner: CallOwner;
  #frame: Chunks | undefined;
  #startedAt: Millis = 0;
  #returnedAt: Millis = 0;
  #reservedBytes = 0;
  #closeCallbacks: (() => void)[] | undefined;

  constructor(served: Served, header: CallHeader, frame: Chunks, owner: CallOwner, receivedAt: Millis) {
    this.#served = served;
    this.#header = header;
    this.#frame = frame;
    this.#owner = owner;
    this.frameBytes = frame.byteLength;
    this.receivedAt = receivedAt;
  }

  get apiName(): string {
    return this.#served.handler.api.name;
  }

  get pipelined(): boolean {
    return this.#served.handler.pipelined;
  }

  get apiVersion(): number {
    return this.#header.apiVersion;
  }

  get correlationId(): number {
    return this.#header.correlationId;
  }

  get clientId(): string | null {
    return this.#header.clientId;
  }

  get connectionId(): number {
    return this.#owner.peer.connectionId;
  }

  get listenerName(): string {
    return this.#owner.peer.listenerName;
  }

  get principal(): string {
    return this.#owner.peer.principal;
  }

  get remoteAddress(): string {
    return this.#owner.peer.remoteAddress;
  }

  get isPrivileged(): boolean {
    return this.#owner.peer.isPrivileged;
  }

  get closed(): boolean {
    return this.#owner.closed;
  }

  onClose(callback: () => void): void {
    if (this.closed) callback();
    else if (!this.done) (this.#closeCallbacks ??= []).push(callback);
  }

  onDisconnect(callback: () => void): void {
    this.#owner.onDisconnect(callback);
  }

  reserveResponse(bytes: number): number {
    const { responseBytes, closed } = this.#owner;
    if (responseBytes === undefined) return bytes;
    const before = this.#reservedBytes;
    const room = responseBytes.limit - responseBytes.used + before;
    this.#reservedBytes = closed || this.done ? 0 : Math.max(0, Math.min(bytes, room));
    if (this.#reservedBytes > before) responseBytes.take(this.#reservedBytes - before);
    else if (this.#reservedBytes < before) responseBytes.give(before - this.#reservedBytes);
    return this.#reservedBytes;
  }

  throttle(delayMs: Millis): void {
    this.throttleMs = Math.max(this.throttleMs, delayMs);
  }

  start(now: Millis): void {
    this.#startedAt = now;
    const { api, handle } = this.#served.handler;
    const frame = this.#frame as Chunks;
    this.#frame = undefined;
    let request: unknown;
    try {
      request = api.request.decode(frame, this.#header.apiVersion, this.#header.bodyAt);
    } catch (error) {
      this.#owner.onCallFailed(this, 'decode', error);
      return;
    }
    let reply: unknown;
    try {
      reply = handle(request as never, this);
    } catch (error) {
      this.#owner.onCallFailed(this, 'handle', error);
      return;
    }
    this.#returnedAt = this.#served.clock.monotonic();
    if (!(reply instanceof Promise)) {
      this.#answer(reply, this.#returnedAt);
      return;
    }
    reply.then(
      (value) => this.#answer(value, this.#served.clock.monotonic()),
      (error: unknown) => this.#owner.onCallFailed(this, 'handle', error),
    );
  }

  /** The connection closed before the answer; gives whom to tell. */
  abandon(): readonly (() => void)[] {
    this.reserveResponse(0);
    const callbacks = this.#closeCallbacks ?? [];
    this.#closeCallbacks = undefined;
    this.#frame = undefined;
    return callbacks;
  }

  #answer(reply: unknown, answeredAt: Millis): void {
    if (this.#owner.closed) return;
    this.#closeCallbacks = undefined;
    if ((reply as NoResponse) !== noResponse) {
      try {
        this.response = this.#encode(reply);
      } catch (error) {
        this.#owner.onCallFailed(this, 'encode', error);
        return;
      }
    }
    this.#measure(answeredAt);
    this.reserveResponse(0);
    this.done = true;
    this.#owner.onCallDone();
  }

  #encode(reply: unknown): Buffer[] {
    const { api } = this.#served.handler;
    const { apiVersion, correlationId } = this.#header;
    const body = api.response.encode(reply, apiVersion);
    const headerBytes = api.responseHeaderVersion(apiVersion) === 0 ? 4 : 5;
    const head = Buffer.allocUnsafe(4 + headerBytes);
    head.writeInt32BE(headerBytes + body.byteLength, 0);
    head.writeInt32BE(correlationId, 4);
    if (headerBytes === 5) head[8] = 0;
    return [head, ...body.pieces];
  }

  #measure(answeredAt: Millis): void {
    let responseBytes = 0;
    for (const piece of this.response) responseBytes += piece.length;
    this.#served.meter.answered({
      version: this.apiVersion,
      requestBytes: this.frameBytes,
      responseBytes,
      receivedAt: this.receivedAt,
      startedAt: this.#startedAt,
      returnedAt: this.#returnedAt,
      answeredAt,
    });
  }
}
