/**
 * How a node reaches its peers. The server gives one over its connection pool, the simulator one over its network.
 * It negotiates the version; a promise that rejects means that the outcome is unknown (the peer may have acted on it).
 */
import type { Api, EncodeOf } from '@tidelog/protocol';

export interface Destination {
  /** Negative for a bootstrap server, whose id is not known yet. */
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

export interface Transport {
  send<Req, Res>(call: TransportCall<Req, Res>): Promise<Res>;
}

export interface TransportCall<Req, Res> {
  readonly to: Destination;
  readonly api: Api<Req, Res>;
  readonly request: EncodeOf<Req>;
  readonly timeoutMs: number;
}
