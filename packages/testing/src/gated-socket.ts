/**
 * One connection of a node. While its link is cut, what either side does (bytes, the end, the closing) is held up and
 * happens in order when the link is healed; a connection that was given up meanwhile ends for the peer only then.
 */
import type { Millis, Socket, SocketHandlers } from '@tidelog/core';
import type { Gate } from './gate.ts';

export interface GatedSocketHost {
  readonly gate: Gate;
  readonly isCut: () => boolean;
  /** The connection is gone on this side and towards the peer. */
  readonly onClosed: () => void;
}

export class GatedSocket implements Socket {
  readonly #inner: Socket;
  readonly #host: GatedSocketHost;
  #handlers: SocketHandlers | undefined;
  #opening: ReturnType<typeof setTimeout> | undefined;
  /** What happened before anybody listened. */
  #early: ((handlers: SocketHandlers) => void)[] = [];
  #inbound: ((handlers: SocketHandlers) => void)[] = [];
  #outbound: (() => void)[] = [];
  #heldBytes = 0;
  #closed = false;

  constructor(inner: Socket, host: GatedSocketHost) {
    this.#inner = inner;
    this.#host = host;
    inner.handle({
      onOpen: () => this.#arrived((handlers) => this.#opened(handlers)),
      onData: (chunk) => this.#arrived((handlers) => handlers.onData(chunk)),
      onEnd: () => this.#arrived((handlers) => handlers.onEnd?.()),
      onDrain: () => this.#arrived((handlers) => handlers.onDrain?.()),
      onClose: (reason) => {
        this.#arrived((handlers) => this.#tellClosed(handlers, reason));
        if (!this.#host.isCut()) this.#host.onClosed();
      },
    });
  }

  get remoteAddress(): string {
    return this.#inner.remoteAddress;
  }

  get remotePort(): number {
    return this.#inner.remotePort;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes + this.#heldBytes;
  }

  handle(handlers: SocketHandlers): void {
    this.#handlers = handlers;
    const early = this.#early;
    this.#early = [];
    for (const event of early) this.#deliver(event);
  }

  write(pieces: readonly Uint8Array[]): void {
    if (this.#closed) return;
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    this.#heldBytes += bytes;
    this.#depart(() => {
      this.#heldBytes -= bytes;
      this.#inner.write(pieces);
    });
  }

  pause(): void {
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.#depart(() => this.#inner.end());
  }

  /** Known here at once; to the peer, when it can hear of it. */
  destroy(reason?: Error): void {
    if (this.#closed) return;
    this.#depart(() => this.#inner.destroy(reason));
    if (!this.#host.isCut()) return;
    const handlers = this.#handlers;
    if (handlers !== undefined) queueMicrotask(() => this.#host.gate.pass(() => this.#tellClosed(handlers, reason)));
  }

  /** A peer that cannot be reached is given up, even when the connection was accepted behind the cut. */
  openWithin(timeoutMs: Millis): void {
    this.#opening = setTimeout(() => {
      this.#host.gate.pass(() => this.destroy(new Error(`no connection within ${timeoutMs} ms`)));
    }, timeoutMs);
    this.#opening.unref();
  }

  /** The process has died: the operating system closes what it had open. */
  abandon(): void {
    clearTimeout(this.#opening);
    this.#closed = true;
    this.#depart(() => {
      this.#inner.destroy();
      this.#host.onClosed();
    });
  }

  /** Lets pass what was held up, if the link is whole. */
  onLinkChanged(): void {
    if (this.#host.isCut()) return;
    const outbound = this.#outbound;
    this.#outbound = [];
    for (const departure of outbound) departure();
    const inbound = this.#inbound;
    this.#inbound = [];
    for (const event of inbound) this.#deliver(event);
    if (this.#closed) this.#host.onClosed();
  }

  #depart(departure: () => void): void {
    if (this.#host.isCut()) this.#outbound.push(departure);
    else departure();
  }

  #arrived(event: (handlers: SocketHandlers) => void): void {
    if (this.#host.isCut()) this.#inbound.push(event);
    else this.#deliver(event);
  }

  #deliver(event: (handlers: SocketHandlers) => void): void {
    this.#host.gate.pass(() => {
      if (this.#handlers === undefined) this.#early.push(event);
      else if (!this.#closed) event(this.#handlers);
    });
  }

  #opened(handlers: SocketHandlers): void {
    clearTimeout(this.#opening);
    handlers.onOpen?.();
  }

  #tellClosed(handlers: SocketHandlers, reason: Error | undefined): void {
    if (this.#closed) return;
    clearTimeout(this.#opening);
    this.#closed = true;
    handlers.onClose(reason);
  }
}
