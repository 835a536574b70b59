/**
 * Outbound connections by host:port, opened at first use. (Skeleton: public signatures.)
 */
import type { Api, EncodeOf, ResponseOf } from '@tidelog/protocol';
import type { Connection, ConnectionOptions, SendOptions } from './connection.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export type ConnectionsOptions = Omit<ConnectionOptions, 'host' | 'port'>;

export declare class Connections {
  constructor(options: ConnectionsOptions);
  to(endpoint: Endpoint): Connection;
  send<A extends Api>(
    endpoint: Endpoint,
    api: A,
    request: EncodeOf<A['request']>,
    options?: SendOptions,
  ): Promise<ResponseOf<A>>;
  /** Closes and forgets the connection to a peer that is gone for good. */
  drop(endpoint: Endpoint): void;
  close(): void;
}
