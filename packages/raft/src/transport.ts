/**
 * How a node reaches its peers. The server gives one over its connection pool, the simulator one over its network.
 * It negotiates the version (Fetch needs at least 15); a promise that rejects means that the outcome is unknown (the
 * peer may have acted on it).
 */
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';
import type { PeerAddress } from './core/replica-key.ts';

/** A negative node id is a bootstrap server, whose id is not known yet. */
export type Destination = PeerAddress;

export interface Transport {
  send<A extends Api>(call: TransportCall<A>): Promise<ResponseOf<A>>;
}

export interface TransportCall<A extends Api> {
  readonly to: Destination;
  readonly api: A;
  readonly request: RequestInputOf<A>;
  readonly timeoutMs: number;
}
