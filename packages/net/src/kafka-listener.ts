/**
 * A listening socket and the connections that came by it: who may connect, what they share, and how all of it stops.
 * Before a connection is framed it passes the `secure` step, which says who the peer is; without one the listener is
 * plaintext and everybody is `User:ANONYMOUS`.
 */
import {
  RateLimitedLog,
  type ListeningSocket,
  type Logger,
  type Metrics,
  type Millis,
  type Socket,
  type World,
} from '@tidelog/core';
import { ByteBudget } from './byte-budget.ts';
import { ConnectionGate } from './connection-gate.ts';
import { Deadlines } from './deadlines.ts';
import type { Dispatcher } from './dispatcher.ts';
import { InboundConnection, type ConnectionShared } from './inbound-connection.ts';
import { defaultNetworkLimits, type NetworkLimits } from './limits.ts';
import { NetworkMetrics } from './network-metrics.ts';
import { PartialFrames } from './partial-frames.ts';
import { TurnFlush } from './turn-flush.ts';

/**
 * Turns an accepted socket into one that carries the frames of a known peer. Called in the accepting turn, when it has
 * to handle the socket; `done` gets undefined when the peer was refused and its socket destroyed.
 */
export type SecureStep = (socket: Socket, done: (secured: Secured | undefined) => void) => void;

export interface Secured {
  readonly socket: Socket;
  /** Kafka's form: `User:alice`. */
  readonly principal: string;
}

export interface KafkaListenerOptions {
  readonly world: World;
  /** The listener's name, as in `listeners`. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free one; `port` says which after start(). */
  readonly port: number;
  readonly dispatcher: Dispatcher;
  readonly limits?: Partial<NetworkLimits>;
  /** Bytes that listeners of one process share; each has its own when left out. */
  readonly budgets?: NetworkBudgets;
  /** Requests that come by this listener are marked as coming from brokers and controllers. */
  readonly isPrivileged?: boolean;
  /** socket.listen.backlog.size */
  readonly backlog?: number;
  readonly secure?: SecureStep;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What all listeners of a process may hold together. */
export class NetworkBudgets {
  readonly requestBytes: ByteBudget;
  readonly responseBytes: ByteBudget;
  readonly partialFrames: PartialFrames;

  constructor(world: World, limits: Partial<NetworkLimits> = {}) {
    const all = { ...defaultNetworkLimits, ...limits };
    this.requestBytes = new ByteBudget(all.queuedMaxRequestBytes);
    this.responseBytes = new ByteBudget(all.unreadResponsesMaxBytes);
    this.partialFrames = new PartialFrames(all, world.clock, new Deadlines(world));
  }
}

const defaultGraceMs: Millis = 5000;
let lastConnectionId = 0;

export class KafkaListener {
  readonly #options: KafkaListenerOptions;
  readonly #limits: NetworkLimits;
  readonly #shared: ConnectionShared;
  readonly #gate: ConnectionGate;
  readonly #secure: SecureStep;
  readonly #connections = new Set<InboundConnection>();
  #listening: ListeningSocket | undefined;
  #stopping = false;
  #onEmpty: (() => void) | undefined;

  constructor(options: KafkaListenerOptions) {
    this.#options = options;
    const { world, dispatcher, logger, metrics } = options;
    this.#limits = { ...defaultNetworkLimits, ...options.limits };
    const { requestBytes, responseBytes, partialFrames } = options.budgets ?? new NetworkBudgets(world, this.#limits);
    this.#gate = new ConnectionGate(this.#limits);
    this.#secure = options.secure ?? plaintext;
    this.#shared = {
      world,
      dispatcher,
      limits: this.#limits,
      requestBytes,
      responseBytes,
      partialFrames,
      deadlines: new Deadlines(world),
      turnFlush: new TurnFlush(world.timers),
      log: new RateLimitedLog(world, logger),
      metrics: NetworkMetrics.of(metrics),
      onClosed: (connection) => this.#onClosed(connection),
    };
  }

  /** The port that is listened on, after start(). */
  get port(): number {
    return this.#listening?.port ?? this.#options.port;
  }

  get connectionCount(): number {
    return this.#gate.count;
  }

  /** Rejects when the address cannot be had. */
  async start(): Promise<void> {
    const { world, name, host, port, backlog, logger } = this.#options;
    const onError = (error: Error): void => {
      this.#shared.log.write('warn', 'accept', { listener: name, err: error }, 'connections cannot be accepted now');
    };
    const options = { host, port, onError, ...(backlog === undefined ? {} : { backlog }) };
    this.#listening = await world.network.listen(options, (socket) => this.#onConnection(socket));
    logger.info({ listener: name, host, port: this.port }, 'listening');
  }

  /** Stops accepting and reading, lets requests in flight finish for `graceMs` (default 5 s), then closes all. */
  async stop({ graceMs = defaultGraceMs }: { readonly graceMs?: Millis } = {}): Promise<void> {
    this.#stopping = true;
    await this.#listening?.close();
    for (const connection of this.#connections) connection.drain();
    await this.#untilEmpty(graceMs);
    for (const connection of this.#connections) connection.close();
  }

  #untilEmpty(withinMs: Millis): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const deadline = this.#shared.deadlines.after(withinMs, resolve);
      this.#onEmpty = () => {
        this.#shared.deadlines.cancel(deadline);
        resolve();
      };
    });
  }

  #onConnection(socket: Socket): void {
    const { remoteAddress } = socket;
    const { name, world } = this.#options;
    const admission = this.#gate.admit(remoteAddress, world.clock.monotonic());
    if (admission.kind === 'refused' || this.#stopping) {
      if (admission.kind === 'refused') this.#complainOfRefusal(remoteAddress, admission);
      else this.#gate.release(remoteAddress);
      socket.handle({ onData: () => undefined, onClose: () => undefined });
      socket.destroy();
      return;
    }
    this.#shared.metrics.connectionsChanged(name, 1);
    this.#secure(socket, (secured) => {
      if (secured === undefined) this.#leave(remoteAddress);
      else this.#open(secured, remoteAddress, admission.delayMs);
    });
  }

  #open({ socket, principal }: Secured, remoteAddress: string, delayMs: Millis): void {
    const connectionId = ++lastConnectionId;
    const { name: listenerName, isPrivileged = false } = this.#options;
    const peer = { connectionId, listenerName, remoteAddress, principal, isPrivileged };
    const connection = new InboundConnection(socket, peer, this.#shared);
    this.#connections.add(connection);
    if (this.#stopping) connection.close();
    if (delayMs > 0) connection.mute(delayMs);
  }

  #onClosed(connection: InboundConnection): void {
    this.#connections.delete(connection);
    this.#leave(connection.peer.remoteAddress);
    if (this.#connections.size === 0) this.#onEmpty?.();
  }

  #leave(remoteAddress: string): void {
    this.#gate.release(remoteAddress);
    this.#shared.metrics.connectionsChanged(this.#options.name, -1);
  }

  #complainOfRefusal(remoteAddress: string, refused: { readonly limit: string; readonly value: number }): void {
    const { limit, value } = refused;
    const listener = this.#options.name;
    this.#shared.metrics.refusedConnections.add(1, { listener });
    const fields = { listener, remoteAddress, limit, value };
    this.#shared.log.write('warn', `refused-${limit}`, fields, `connection refused: ${limit} is ${value}`);
  }
}

const plaintext: SecureStep = (socket, done) => done({ socket, principal: 'User:ANONYMOUS' });
