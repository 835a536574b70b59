/** Outbound connections by host and port, opened at first use, with one set of options. */
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';
import { Connection, type ConnectionOptions, type SendOptions } from './connection.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export type ConnectionsOptions = Omit<ConnectionOptions, 'host' | 'port'>;

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #byEndpoint = new Map<string, Connection>();
  #closed = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  to({ host, port }: Endpoint): Connection {
    const key = `${host}:${port}`;
    let connection = this.#byEndpoint.get(key);
    if (connection === undefined) {
      connection = new Connection({ ...this.#options, host, port });
      if (this.#closed) connection.close();
      else this.#byEndpoint.set(key, connection);
    }
    return connection;
  }

  send<A extends Api>(
    endpoint: Endpoint,
    api: A,
    request: RequestInputOf<A>,
    options?: SendOptions,
  ): Promise<ResponseOf<A>> {
    return this.to(endpoint).send(api, request, options);
  }

  /** Closes and forgets the connection to a peer that is gone for good. */
  drop({ host, port }: Endpoint): void {
    const key = `${host}:${port}`;
    this.#byEndpoint.get(key)?.close();
    this.#byEndpoint.delete(key);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#byEndpoint.values()) connection.close();
    this.#byEndpoint.clear();
  }
}
