/**
 * A controller over a quorum in memory and a manual world, asked through its handlers as a connection would ask it.
 */
import { SeededRandom, randomUuid, silentLogger, type Uuid } from '@tidelog/core';
import type { BoundHandler, RequestContext } from '@tidelog/net';
import {
  BrokerHeartbeat,
  BrokerRegistration,
  CreateTopics,
  type Api,
  type RequestOf,
  type ResponseInputOf,
} from '@tidelog/protocol';
import { Controller } from '../controller.ts';
import { defaultControllerConfig, type ControllerConfig } from '../core/controller-config.ts';
import { ManualWorld } from './manual-world.ts';
import { MemoryQuorum } from './memory-quorum.ts';

export class ShellHarness {
  readonly world = new ManualWorld();
  readonly quorum = new MemoryQuorum();
  readonly controller: Controller;
  readonly fatal: Error[] = [];
  /** By connection. */
  readonly #disconnect = new Map<number, () => void>();
  #handlers: readonly BoundHandler[];

  constructor(config: Partial<ControllerConfig> = {}, others: readonly BoundHandler[] = []) {
    this.controller = new Controller({
      world: this.world,
      logger: silentLogger,
      raft: this.quorum.node,
      nodeId: 1,
      clusterId: 'cluster',
      config: { ...defaultControllerConfig, ...config },
      onFatal: (error) => this.fatal.push(error),
    });
    this.#handlers = this.controller.handlers(others);
    this.controller.start();
  }

  async ask<A extends Api>(
    api: A,
    request: RequestOf<A>,
    context: Partial<RequestContext> = {},
  ): Promise<ResponseInputOf<A>> {
    const handler = this.#handlers.find((candidate) => candidate.api.key === api.key);
    if (handler === undefined) throw new Error(`${api.name} is not served`);
    const connectionId = context.connectionId ?? 1;
    const whole: RequestContext = {
      apiVersion: api.versions.max,
      correlationId: 1,
      clientId: 'test',
      connectionId,
      listenerName: 'CONTROLLER',
      principal: 'User:ANONYMOUS',
      remoteAddress: '127.0.0.1',
      receivedAt: this.world.clock.monotonic(),
      isPrivileged: true,
      closed: false,
      onClose: () => undefined,
      onDisconnect: (callback) => void this.#disconnect.set(connectionId, callback),
      reserveResponse: (bytes) => bytes,
      throttle: () => undefined,
      ...context,
    };
    return (await handler.handle(request as never, whole)) as ResponseInputOf<A>;
  }

  /** The connection breaks. */
  disconnect(connectionId: number): void {
    this.#disconnect.get(connectionId)?.();
    this.world.settle();
  }

  register(brokerId: number, incarnationId?: Uuid): Promise<ResponseInputOf<typeof BrokerRegistration>> {
    const random = new SeededRandom(brokerId);
    return this.ask(
      BrokerRegistration,
      {
        brokerId,
        clusterId: 'cluster',
        incarnationId: incarnationId ?? randomUuid(random),
        listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
        features: [...defaultControllerConfig.supportedFeatures],
        rack: null,
        isMigratingZkBroker: false,
        logDirs: [randomUuid(random)],
        previousBrokerEpoch: -1,
      },
      { connectionId: brokerId },
    );
  }

  heartbeat(brokerId: number, brokerEpoch: number): Promise<ResponseInputOf<typeof BrokerHeartbeat>> {
    const request = {
      brokerId,
      brokerEpoch,
      currentMetadataOffset: this.quorum.endOffset - 1,
      wantFence: false,
      wantShutDown: false,
      offlineLogDirs: [],
      cordonedLogDirs: null,
    };
    return this.ask(BrokerHeartbeat, request, { connectionId: brokerId });
  }

  /** Registers a broker and lets it serve; gives its epoch. */
  async bringUp(brokerId: number): Promise<number> {
    const registered = this.register(brokerId);
    this.quorum.commit();
    const { brokerEpoch = -1 } = await registered;
    const answered = this.heartbeat(brokerId, brokerEpoch);
    this.quorum.commit();
    await answered;
    return brokerEpoch;
  }

  createTopic(name: string): Promise<ResponseInputOf<typeof CreateTopics>> {
    const topic = { name, numPartitions: 1, replicationFactor: -1, assignments: [], configs: [] };
    return this.ask(CreateTopics, { topics: [topic], timeoutMs: 1000, validateOnly: false });
  }
}
