/**
 * What a handler may know about the request in its hands and the connection it came by. It refuses to give out the
 * socket: a handler answers by returning, delays the next request with `throttle` and learns of a hang-up by `onClose`.
 */
import type { Millis } from '@tidelog/core';

export interface RequestContext {
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Unique for the life of the process. */
  readonly connectionId: number;
  /** The listener's name, as in `listeners` (`PLAINTEXT`, `CONTROLLER`). */
  readonly listenerName: string;
  /** Kafka's form: `User:alice`, `User:ANONYMOUS`. */
  readonly principal: string;
  readonly remoteAddress: string;
  /** When the frame was complete, on the monotonic clock. */
  readonly receivedAt: Millis;
  /** The listener is for brokers and controllers (`inter.broker.listener.name`, `controller.listener.names`). */
  readonly isPrivileged: boolean;
  /** The connection is gone: an answer would be dropped. */
  readonly closed: boolean;
  /** Calls back once if the connection closes before this request is answered; at once when it has closed already. */
  onClose(callback: () => void): void;
  /**
   * Calls back once when the connection closes, even long after this request was answered; at once when it has closed.
   * For state that lives with a connection: register once for each connection, not with every request.
   */
  onDisconnect(callback: () => void): void;
  /**
   * Sets aside that much for the response of this request, in place of what it had set aside before, and gives how much
   * of it may be had: less when clients leave many responses unread. A handler that makes large responses stays within
   * it as far as progress allows; what is set aside is given back when the request is answered.
   */
  reserveResponse(bytes: number): number;
  /** After this response was sent, no further request of the connection is started for so long (KIP-219). */
  throttle(delayMs: Millis): void;
}
