/**
 * Responses of one connection on their way to its socket: what becomes ready in a turn leaves in one gathering write at
 * the end of it. It says when the client is behind with reading, which is when nothing more should be made for it.
 */
import type { Socket } from '@tidelog/core';
import type { ByteBudget } from './byte-budget.ts';
import type { Flushable, TurnFlush } from './turn-flush.ts';

export interface OutboxOptions {
  readonly socket: Socket;
  readonly turnFlush: TurnFlush;
  readonly maxUnreadBytes: number;
  /** Where the bytes count that the client has not taken; our own requests to peers count nowhere. */
  readonly responseBytes?: ByteBudget;
  /** What was in it is with the socket now. */
  readonly onFlushed: () => void;
}

export class Outbox implements Flushable {
  readonly #options: OutboxOptions;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #flushDue = false;
  /** The socket holds more than the client may leave unread. */
  #stalled = false;
  /** What the budget knows of. */
  #counted = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0;
  }

  get isClientBehind(): boolean {
    return this.#stalled || this.#bytes >= this.#options.maxUnreadBytes;
  }

  push(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      this.#pieces.push(piece);
      this.#bytes += piece.length;
    }
    this.#count(this.#bytes + this.#options.socket.bufferedBytes);
    if (this.#flushDue || this.#bytes === 0) return;
    this.#flushDue = true;
    this.#options.turnFlush.add(this);
  }

  flush(): void {
    this.#flushDue = false;
    if (this.#bytes === 0) return;
    const { socket, maxUnreadBytes, onFlushed } = this.#options;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    socket.write(pieces);
    this.#stalled = socket.bufferedBytes >= maxUnreadBytes;
    this.#count(socket.bufferedBytes);
    onFlushed();
  }

  /** The socket holds nothing any more. */
  onDrain(): void {
    this.#stalled = false;
    this.#count(this.#bytes);
  }

  discard(): void {
    this.#pieces = [];
    this.#bytes = 0;
    this.#count(this.#options.socket.bufferedBytes);
  }

  /** The socket holds nothing any more, for good. */
  onClosed(): void {
    this.discard();
    this.#count(0);
  }

  #count(bytes: number): void {
    const { responseBytes } = this.#options;
    const before = this.#counted;
    this.#counted = bytes;
    if (bytes > before) responseBytes?.take(bytes - before);
    else if (bytes < before) responseBytes?.give(before - bytes);
  }
}
