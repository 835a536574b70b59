/**
 * A broker's data path in a test process: a real LogStore in a temporary directory, real Replicas and the real
 * handlers. Requests go through their codecs, as on the wire.
 */
import { tmpdir } from 'node:os';
import {
  createNodeWorld,
  noMetrics,
  randomUuid,
  silentLogger,
  type Chunks,
  type Logger,
  type World,
} from '@tidelog/core';
import { defaultLogConfig, LogStore, type LogConfig } from '@tidelog/log';
import type { BoundHandler, RequestContext } from '@tidelog/net';
import type { Api, RequestInputOf, ResponseOf } from '@tidelog/protocol';
import { dataPathHandlers } from '../api/data-path-handlers.ts';
import { allowAll, type Authorizer } from '../authorizer.ts';
import type { ControllerChannel, PeerConnections, SendOptions } from '../channels.ts';
import { ProducerIds } from '../producer-ids.ts';
import { Replicas } from '../replication/replicas.ts';
import { faultyDisk, type FaultyDisk } from './faulty-disk.ts';
import { defaultReplicationConfig, type ReplicationConfig } from '../replication/replicas-types.ts';

export interface TestBrokerOptions {
  readonly nodeId: number;
  readonly controller: ControllerChannel;
  readonly peers: PeerConnections;
  /** Where an earlier incarnation kept its logs. */
  readonly directory?: string;
  readonly log?: Partial<LogConfig>;
  readonly minInsyncReplicas?: number;
  readonly replication?: Partial<ReplicationConfig>;
  readonly authorizer?: Authorizer;
  readonly logger?: Logger;
}

type FaultyWorld = Omit<World, 'disk'> & { readonly disk: FaultyDisk };

export class TestBroker {
  readonly nodeId: number;
  readonly world: FaultyWorld;
  readonly directory: string;
  readonly store: LogStore;
  readonly replicas: Replicas;
  readonly #handlers: ReadonlyMap<number, BoundHandler>;
  #correlationId = 0;

  private constructor(options: TestBrokerOptions, world: FaultyWorld, directory: string, store: LogStore) {
    const { nodeId, controller, peers, minInsyncReplicas = 1, logger = silentLogger } = options;
    this.nodeId = nodeId;
    this.world = world;
    this.directory = directory;
    this.store = store;
    const log = { ...defaultLogConfig, ...options.log };
    const config = { ...defaultReplicationConfig, nodeId, ...options.replication };
    const brokerEpoch = (): number => nodeId * 100;
    this.replicas = new Replicas({
      world,
      store,
      config,
      controller,
      peers,
      brokerEpoch,
      logger,
      metrics: noMetrics,
      replicationRates: ({ configs }) => {
        const rateOf = (side: string): number => {
          return Number(configs.clusterDefault().get(`${side}.replication.throttled.rate`) ?? Infinity);
        };
        return { leader: rateOf('leader'), follower: rateOf('follower') };
      },
      topicSettings: () => ({
        log,
        minInsyncReplicas,
      }),
    });
    const handlers = dataPathHandlers({
      world,
      store,
      nodeId,
      replicas: this.replicas,
      metrics: noMetrics,
      authorizer: options.authorizer ?? allowAll,
      producerIds: new ProducerIds({
        world,
        logger: silentLogger,
        controller,
        nodeId,
        brokerEpoch,
      }),
      fetchMaxBytes: 57671680,
      fetchSessionSlots: 10,
      rackAwareReads: config.rackAwareReads,
    });
    this.#handlers = new Map(handlers.map((handler) => [handler.api.key, handler]));
  }

  static async start(options: TestBrokerOptions): Promise<TestBroker> {
    const nodeWorld = createNodeWorld();
    const directory = options.directory ?? `${tmpdir()}/tidelog-broker-${randomUuid(nodeWorld.random)}`;
    nodeWorld.disk.makeDirectory(directory);
    const world = { ...nodeWorld, disk: faultyDisk(nodeWorld.disk) };
    const logDirs = [{ path: directory, directoryId: 'EEEEEEEEEEEEEEEEEEEEEQ' }];
    const config = { logDefaults: { ...defaultLogConfig, ...options.log } };
    const { logger = silentLogger } = options;
    const store = await LogStore.open({ world, logger, logDirs, config });
    return new TestBroker(options, world, directory, store);
  }

  /** Sends a request as a client would; rejects where the broker would close the connection. */
  async request<A extends Api>(
    api: A,
    request: RequestInputOf<A>,
    { version = api.latestStable, clientId = 'test', closed }: RequestOptions = {},
  ): Promise<ResponseOf<A>> {
    // A client that comes while the broker still opens logs is told to come again; tests come when that is over.
    while (!this.replicas.isSettled) await new Promise<void>((done) => void this.world.timers.after(1, done));
    const handler = this.#handlers.get(api.key);
    if (handler === undefined) throw new Error(`${api.name} is not served`);
    const decoded = api.request.decode(copyOf(api.request.encode(request, version)), version);
    const context = this.#context(version, clientId, closed);
    const response = await handler.handle(decoded as never, context);
    if (typeof response === 'symbol') return undefined as ResponseOf<A>;
    return api.response.decode(copyOf(api.response.encode(response, version)), version) as ResponseOf<A>;
  }

  async stop({ clean = true }: { readonly clean?: boolean } = {}): Promise<void> {
    await this.replicas.close();
    if (clean) await this.store.close({ brokerEpoch: this.nodeId * 100 });
  }

  removeFiles(): void {
    this.world.disk.removeDirectory(this.directory);
  }

  #context(apiVersion: number, clientId: string | null, closed: AbortSignal | undefined): RequestContext {
    return {
      apiVersion,
      clientId,
      correlationId: ++this.#correlationId,
      connectionId: 1,
      listenerName: 'PLAINTEXT',
      principal: 'User:ANONYMOUS',
      remoteAddress: '127.0.0.1',
      receivedAt: this.world.clock.monotonic(),
      isPrivileged: true,
      closed: false,
      onClose: (callback) => onAbort(closed, callback),
      onDisconnect: (callback) => onAbort(closed, callback),
      reserveResponse: (bytes) => bytes,
      throttle: () => undefined,
    };
  }
}

/** At once when it has aborted already, as a connection that has closed tells. */
function onAbort(signal: AbortSignal | undefined, callback: () => void): void {
  if (signal?.aborted === true) callback();
  else signal?.addEventListener('abort', callback);
}

export interface RequestOptions extends Pick<SendOptions, 'version'> {
  readonly clientId?: string | null;
  /** Aborts when the client hangs up. */
  readonly closed?: AbortSignal;
}

/** Bytes of its own, as they come off a socket: a log writes into what it is given. */
function copyOf(bytes: Chunks): Chunks {
  return (bytes.constructor as typeof Chunks).of(Buffer.concat(bytes.pieces));
}
