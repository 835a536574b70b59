/**
 * An outbound connection to one peer. (Skeleton: public signatures.)
 */
import type { Logger, Millis, World } from '@tidelog/core';
import type { Api, EncodeOf, ResponseOf } from '@tidelog/protocol';

export interface ConnectionOptions {
  readonly world: World;
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly logger: Logger;
  /** request.timeout.ms; default 30 s. Covers waiting for the connection too. */
  readonly requestTimeoutMs?: Millis;
  /** socket.connection.setup.timeout.ms; default 10 s. */
  readonly connectTimeoutMs?: Millis;
  /** reconnect.backoff.ms and reconnect.backoff.max.ms; default 50 and 1,000. */
  readonly reconnectBackoffMs?: Millis;
  readonly reconnectBackoffMaxMs?: Millis;
  /** The longest response accepted; default 100 MiB. */
  readonly maxResponseBytes?: number;
  /** connections.max.idle.ms; default 9 minutes. */
  readonly maxIdleMs?: Millis;
}

export interface SendOptions {
  /** Exactly this version; otherwise the highest that both sides know. */
  readonly version?: number;
  readonly timeoutMs?: Millis;
}

export interface VersionOf {
  readonly min: number;
  readonly max: number;
}

export declare class Connection {
  constructor(options: ConnectionOptions);
  /** Connects and negotiates if need be; rejects with NetworkError, or ProtocolError if the request cannot be encoded. */
  send<A extends Api>(api: A, request: EncodeOf<A['request']>, options?: SendOptions): Promise<ResponseOf<A>>;
  /** For requests that are never answered (Produce with acks=0): resolves when it was handed to the socket. */
  post<A extends Api>(api: A, request: EncodeOf<A['request']>, options?: SendOptions): Promise<void>;
  /** The versions the peer serves, by API key. */
  versions(timeoutMs?: Millis): Promise<ReadonlyMap<number, VersionOf>>;
  /** Rejects what waits and connects no more. */
  close(): void;
}
