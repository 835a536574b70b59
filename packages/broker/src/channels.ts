/**
 * The two ways out of a broker, as interfaces: to the active controller and to the other brokers. The server gives
 * both over net's connections, the simulator over its own; replication and coordinators see no socket.
 */
import type { Millis } from '@tidelog/core';
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';

export interface SendOptions {
  readonly timeoutMs?: Millis;
  readonly version?: number;
}

/** Requests to the active controller, whoever that is. Rejects when there is none in time. */
export interface ControllerChannel {
  send<A extends Api>(api: A, request: RequestInputOf<A>, options?: SendOptions): Promise<ResponseOf<A>>;
}

/** One connection to one broker's inter-broker listener. Responses come in the order of the requests. */
export interface PeerConnection {
  send<A extends Api>(api: A, request: RequestInputOf<A>, options?: SendOptions): Promise<ResponseOf<A>>;
  close(): void;
}

export interface PeerConnections {
  /** A connection of its own to the broker; it connects when first used and again after a failure. */
  open(brokerId: number, purpose: string): PeerConnection;
}
