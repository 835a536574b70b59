/**
 * Responses of one connection on their way to its socket: what becomes ready in a turn leaves in one gathering write at
 * the end of it. It says when the client is behind with reading, which is when nothing more should be made for it.
 */
import type { Socket } from '@tidelog/core';
import type { Flushable, TurnFlush } from './turn-flush.ts';

export interface OutboxOptions {
  readonly socket: Socket;
  readonly turnFlush: TurnFlush;
  readonly maxUnreadBytes: number;
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
    if (this.#flushDue || this.#bytes === 0) return;
    this.#flushDue = true;
    this.#options.turnFlush.add(this);
  }

  flush(): void {
    this.#flushDue = false;
    if (this.#bytes === 0) return;
    const { socket, maxUnreadBytes, onFlushed } = this.#options;
    const pieces = this.#pieces;
    this.discard();
    socket.write(pieces);
    this.#stalled = socket.bufferedBytes >= maxUnreadBytes;
    onFlushed();
  }

  /** The socket holds nothing any more. */
  onDrain(): void {
    this.#stalled = false;
  }

  discard(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }
}
