/**
 * How the quorum's members reach each other: over net's connections. Long polls have connections of their own, because
 * responses come in the order of the requests and a vote must not wait behind a fetch.
 */
import type { Connections } from '@tidelog/net';
import { Fetch, type Api, type ResponseOf } from '@tidelog/protocol';
import type { Transport, TransportCall } from '@tidelog/raft';

export interface RaftTransportOptions {
  readonly longPolls: Connections;
  readonly others: Connections;
}

export class RaftTransport implements Transport {
  readonly #options: RaftTransportOptions;

  constructor(options: RaftTransportOptions) {
    this.#options = options;
  }

  send<A extends Api>(call: TransportCall<A>): Promise<ResponseOf<A>> {
    const { to, api, request, timeoutMs } = call;
    const connections = api.key === Fetch.key ? this.#options.longPolls : this.#options.others;
    return connections.send(to, api, request, { timeoutMs });
  }
}
