/**
 * The command line's way to a cluster: one connection to a bootstrap server, over net's outbound connection, for the
 * admin verbs. Any broker answers them or forwards them to the controller.
 */
import { createNodeWorld, silentLogger } from '@tidelog/core';
import { Connection, NetworkError } from '@tidelog/net';
import { errorName, type Api, type RequestInputOf, type ResponseOf } from '@tidelog/protocol';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export class Admin implements AsyncDisposable {
  readonly #connections = new Map<string, Connection>();
  readonly #bootstrap: readonly Address[];
  readonly #timeoutMs: number;

  constructor(bootstrapServers: string, timeoutMs: number) {
    this.#bootstrap = parseBootstrap(bootstrapServers);
    this.#timeoutMs = timeoutMs;
  }

  /** Asks the first bootstrap server that can be reached. */
  async send<A extends Api>(api: A, request: RequestInputOf<A>): Promise<ResponseOf<A>> {
    let failure: unknown;
    for (const address of this.#bootstrap) {
      try {
        return await this.sendTo(address, api, request);
      } catch (error) {
        if (!(error instanceof NetworkError) || error.code !== 'connect') throw error;
        failure = error;
      }
    }
    const list = this.#bootstrap.map(({ host, port }) => `${host}:${port}`).join(', ');
    throw new Error(`no broker answers at ${list}: is the cluster running? (--bootstrap-server says where)`, {
      cause: failure,
    });
  }

  async sendTo<A extends Api>(to: Address, api: A, request: RequestInputOf<A>): Promise<ResponseOf<A>> {
    const key = `${to.host}:${to.port}`;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = new Connection({
        world: createNodeWorld(),
        host: to.host,
        port: to.port,
        clientId: 'tidelog-cli',
        logger: silentLogger,
        requestTimeoutMs: this.#timeoutMs,
      });
      this.#connections.set(key, connection);
    }
    return await connection.send(api, request);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) connection.close();
    return Promise.resolve();
  }
}

function parseBootstrap(servers: string): Address[] {
  return servers.split(',').map((text) => {
    const match = /^(\[[^\]]*\]|[^:]+):(\d+)$/.exec(text.trim());
    if (match === null) throw new Error(`--bootstrap-server takes host:port[,host:port...], not "${text}"`);
    return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(match[2]) };
  });
}

/** Throws what a response says went wrong. */
export function check(errorCode: number, message: string | null | undefined, what: string): void {
  if (errorCode === 0) return;
  throw new Error(`${what}: ${errorName(errorCode)}${message ? `: ${message}` : ''}`);
}
