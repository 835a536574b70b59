/**
 * A client process outside the cluster, over net's outbound connections in the simulated network: knows which broker
 * leads what, never goes back to an older leader epoch (KIP-320), and asks again after a failure. What producers,
 * consumers and the admin of the simulation share.
 */
import { silentLogger, type Millis, type SeededRandom, type World } from '@tidelog/core';
import { Connection, NetworkError } from '@tidelog/net';
import { ErrorCode, Metadata, type Api, type RequestInputOf, type ResponseOf } from '@tidelog/protocol';
import { createOwner, type Owner, type Scheduler } from '../scheduler.ts';
import type { Fabric } from '../world/sim-network.ts';
import { createSimWorld } from '../world/sim-world.ts';

export interface Leader {
  readonly nodeId: number;
  readonly leaderEpoch: number;
}

export interface SimClientOptions {
  readonly scheduler: Scheduler;
  readonly fabric: Fabric;
  readonly random: SeededRandom;
  readonly id: number;
  readonly brokers: number;
  readonly topics: readonly string[];
}

const requestTimeoutMs: Millis = 5000;
const brokerPort = 9092;

export class SimClient {
  readonly hostName: string;
  readonly owner: Owner;
  readonly world: World;
  readonly random: SeededRandom;
  readonly #options: SimClientOptions;
  readonly #connections = new Map<string, Connection>();
  readonly #leaders = new Map<string, Leader>();
  readonly #topicIds = new Map<string, string>();
  readonly #partitionCounts = new Map<string, number>();
  #refreshing: Promise<void> | undefined;

  constructor(options: SimClientOptions) {
    const { scheduler, fabric, random, id } = options;
    this.#options = options;
    this.hostName = `c${id}`;
    this.owner = createOwner(100 + id);
    this.random = random.fork();
    const wall = { offsetMs: 0, drift: 1 };
    const { hostName: host, owner } = this;
    this.world = createSimWorld({ scheduler, fabric, host, owner, wall, volumes: [], random: random.fork() });
  }

  get brokers(): number {
    return this.#options.brokers;
  }

  get now(): Millis {
    return this.#options.scheduler.now;
  }

  /** Begins something in this client's own time. Never awaited: it reports by itself. */
  spawn(run: () => Promise<void>): void {
    this.#options.scheduler.after(0, this.owner, 'spawn', () => void run());
  }

  sleep(ms: Millis): Promise<void> {
    return new Promise((resolve) => void this.world.timers.after(ms, resolve));
  }

  /** `channel` keeps what may block apart from what must not wait behind it. */
  send<A extends Api>(
    to: { nodeId: number; channel: string; timeoutMs?: Millis | undefined },
    api: A,
    request: RequestInputOf<A>,
  ) {
    const key = `${to.nodeId}/${to.channel}`;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      connection = new Connection({
        world: this.world,
        host: `n${to.nodeId}`,
        port: brokerPort,
        clientId: `${this.hostName}-${to.channel}`,
        logger: silentLogger,
        requestTimeoutMs,
        connectTimeoutMs: 2000,
        reconnectBackoffMaxMs: 500,
      });
      this.#connections.set(key, connection);
    }
    return connection.send(api, request, to.timeoutMs === undefined ? {} : { timeoutMs: to.timeoutMs });
  }

  /** Some broker, any broker. Undefined when it does not answer. */
  async ask<A extends Api>(api: A, request: RequestInputOf<A>): Promise<ResponseOf<A> | undefined> {
    const nodeId = 1 + this.random.below(this.brokers);
    return await this.send({ nodeId, channel: 'any' }, api, request).catch(onlyNetworkErrors);
  }

  leaderOf(topic: string, partition: number): Leader | undefined {
    return this.#leaders.get(`${topic}-${partition}`);
  }

  topicId(topic: string): string | undefined {
    return this.#topicIds.get(topic);
  }

  /** The most partitions that it has heard of. */
  partitionsOf(topic: string): number {
    return this.#partitionCounts.get(topic) ?? 0;
  }

  /** Asks a broker who leads; many who want to know share one request. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  async #refresh(): Promise<void> {
    const topics = this.#options.topics.map((name) => ({ name }));
    const response = await this.ask(Metadata, { topics, allowAutoTopicCreation: false });
    for (const { errorCode, name, topicId, partitions } of response?.topics ?? []) {
      if (errorCode !== ErrorCode.NONE || name === null) continue;
      this.#topicIds.set(name, topicId);
      this.#partitionCounts.set(name, Math.max(this.partitionsOf(name), partitions.length));
      for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
        const key = `${name}-${partitionIndex}`;
        const known = this.#leaders.get(key);
        if (leaderId < 0 || (known !== undefined && known.leaderEpoch > leaderEpoch)) continue;
        this.#leaders.set(key, { nodeId: leaderId, leaderEpoch });
      }
    }
  }
}

/** For catch(): what the network does is expected, everything else is a defect of the simulation or the protocol. */
export function onlyNetworkErrors(error: unknown): undefined {
  if (error instanceof NetworkError && error.code !== 'protocol' && error.code !== 'unsupportedVersion')
    return undefined;
  throw error;
}
