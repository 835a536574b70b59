/**
 * What a listener allows. Names are Kafka's keys in camel case; those without a key in their comment are Tidelog's own.
 * All are per listener, except queuedMaxRequestBytes, unreadResponsesMaxBytes and partialFramesMaxBytes: these are
 * shared by the listeners that are given the same NetworkBudgets.
 */
import type { Millis } from '@tidelog/core';

export interface NetworkLimits {
  /** socket.request.max.bytes */
  readonly socketRequestMaxBytes: number;
  /** connections.max.idle.ms */
  readonly connectionsMaxIdleMs: Millis;
  /** max.connections */
  readonly maxConnections: number;
  /** max.connections.per.ip */
  readonly maxConnectionsPerIp: number;
  /** max.connections.per.ip.overrides */
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** max.connection.creation.rate, per second; a connection above it waits before it is read. */
  readonly maxConnectionCreationRate: number;
  /** queued.max.request.bytes: bytes of requests received and not yet answered; Infinity for Kafka's -1. */
  readonly queuedMaxRequestBytes: number;
  /** Requests of one connection received and not yet answered (Kafka allows one). */
  readonly connectionMaxInFlightRequests: number;
  /** Bytes of one connection's requests received and not yet answered; one request may exceed it. */
  readonly connectionMaxInFlightBytes: number;
  /** The same over all connections; above it each has one request at a time, which is what Kafka always allows. */
  readonly pipelinedRequestsMaxBytes: number;
  /** Response bytes of one connection that its client has not read, above which no more of its requests are read. */
  readonly connectionMaxUnreadBytes: number;
  /** Response bytes that clients have not read, over all connections; above it large responses are made smaller. */
  readonly unreadResponsesMaxBytes: number;
  /** Bytes in frames that have begun and not ended, over all connections; above it the oldest such frame is dropped. */
  readonly partialFramesMaxBytes: number;
  /** A frame that has begun must end in this time, plus one second per `partialFrameMinBytesPerSecond` received. */
  readonly partialFrameTimeoutMs: Millis;
  readonly partialFrameMinBytesPerSecond: number;
}

export const defaultNetworkLimits: NetworkLimits = {
  socketRequestMaxBytes: 104_857_600,
  connectionsMaxIdleMs: 600_000,
  maxConnections: 2_147_483_647,
  maxConnectionsPerIp: 2_147_483_647,
  maxConnectionsPerIpOverrides: new Map(),
  maxConnectionCreationRate: 2_147_483_647,
  queuedMaxRequestBytes: Infinity,
  connectionMaxInFlightRequests: 100,
  connectionMaxInFlightBytes: 16_777_216,
  pipelinedRequestsMaxBytes: 268_435_456,
  connectionMaxUnreadBytes: 1_048_576,
  unreadResponsesMaxBytes: 268_435_456,
  partialFramesMaxBytes: 268_435_456,
  partialFrameTimeoutMs: 30_000,
  partialFrameMinBytesPerSecond: 65_536,
};
