/**
 * A RaftNode over a real LogStore, for tests: on any world, with a transport that calls the peers' handlers directly.
 */
import {
  createNodeWorld,
  MemoryDisk,
  metadataTopicId,
  randomUuid,
  SeededRandom,
  silentLogger,
  type Logger,
  type World,
} from '@tidelog/core';
import { defaultLogConfig, LogStore } from '@tidelog/log';
import { ErrorCode, type Api, type ResponseOf } from '@tidelog/protocol';
import type { RaftConfig } from '../raft-config.ts';
import { defaultRaftConfig } from '../raft-config.ts';
import type { CommittedBatch, LeaderChange, RaftListener, SnapshotReader } from '../raft-listener.ts';
import { RaftNode } from '../raft-node.ts';
import type { QuorumSource } from '../raft-options.ts';
import type { Transport, TransportCall } from '../transport.ts';

/** Real time, a disk in memory. */
export function memoryWorld(): World & { readonly disk: MemoryDisk } {
  const world = createNodeWorld();
  const disk = new MemoryDisk({ wall: () => world.clock.wall() });
  return { ...world, random: new SeededRandom(1), disk };
}

export interface FixtureOptions {
  readonly world: World;
  readonly directory: string;
  readonly nodeId?: number;
  readonly directoryId?: string;
  readonly voters?: QuorumSource;
  readonly canBeVoter?: boolean;
  readonly transport?: Transport;
  readonly config?: Partial<RaftConfig>;
  readonly logger?: Logger;
  readonly beforeStart?: (node: RaftNode) => void;
}

export interface Fixture {
  readonly node: RaftNode;
  readonly store: LogStore;
  readonly failures: Error[];
  close(): Promise<void>;
}

export async function openNode(options: FixtureOptions): Promise<Fixture> {
  const { world, directory, nodeId = 1, logger = silentLogger } = options;
  const directoryId = options.directoryId ?? randomUuid(world.random);
  const config = { ...defaultLogConfig, flushBeforeAck: true, retentionMs: -1 };
  world.disk.makeDirectory(directory);
  const logDirs = [{ path: directory, directoryId }];
  const store = await LogStore.open({ world, logger, logDirs, config: { logDefaults: config } });
  const topic = '__cluster_metadata';
  const log = store.get(topic, 0) ?? store.create({ topic, topicId: metadataTopicId, partition: 0, config });
  const failures: Error[] = [];
  const node = new RaftNode({
    world,
    logger,
    clusterId: 'test-cluster',
    nodeId,
    directoryId,
    log,
    metadataDir: `${directory}/__cluster_metadata-0`,
    voters: options.voters ?? { kind: 'static', voters: [{ id: nodeId, host: 'localhost', port: 9090 + nodeId }] },
    canBeVoter: options.canBeVoter ?? true,
    listeners: [{ name: 'CONTROLLER', host: 'localhost', port: 9090 + nodeId }],
    transport: options.transport ?? unreachablePeers,
    config: { ...defaultRaftConfig, ...options.config },
    onFatal: (error) => failures.push(error),
  });
  options.beforeStart?.(node);
  await node.start();
  return {
    node,
    store,
    failures,
    async close() {
      await node.shutdown();
      await store.close({ brokerEpoch: -1 });
    },
  };
}

const unreachablePeers: Transport = { send: () => Promise.reject(new Error('nobody is there')) };

/** Peers by port, reached through their codecs: every message is encoded and decoded as on the wire. */
export class DirectTransport implements Transport {
  readonly nodes = new Map<number, RaftNode>();
  /** Ports that can not be reached now. */
  readonly cut = new Set<number>();

  async send<A extends Api>({ to, api, request }: TransportCall<A>): Promise<ResponseOf<A>> {
    const node = this.nodes.get(to.port);
    if (node === undefined || this.cut.has(to.port)) throw new Error(`port ${to.port} refuses connections`);
    const apiVersion = api.latestStable;
    const decoded = api.request.decode(api.request.encode(request, apiVersion), apiVersion);
    const response = await answer(node, api, decoded, apiVersion);
    if (this.cut.has(to.port)) throw new Error('connection lost');
    return api.response.decode(api.response.encode(response, apiVersion), apiVersion) as ResponseOf<A>;
  }
}

const handlerNames = {
  Vote: 'vote',
  BeginQuorumEpoch: 'beginQuorumEpoch',
  EndQuorumEpoch: 'endQuorumEpoch',
  Fetch: 'fetch',
  FetchSnapshot: 'fetchSnapshot',
  AddRaftVoter: 'addRaftVoter',
  RemoveRaftVoter: 'removeRaftVoter',
  UpdateRaftVoter: 'updateRaftVoter',
} as const;

function answer(node: RaftNode, api: Api, request: unknown, apiVersion: number): Promise<unknown> {
  if (api.name === 'ApiVersions') {
    const supportedFeatures = [{ name: 'kraft.version', minVersion: 0, maxVersion: 1 }];
    return Promise.resolve({ errorCode: ErrorCode.NONE, apiKeys: [], supportedFeatures });
  }
  const name = handlerNames[api.name as keyof typeof handlerNames];
  const handle = node.handlers[name] as (request: unknown, context: { apiVersion: number }) => Promise<unknown>;
  return handle(request, { apiVersion });
}

/** Remembers what it is told, in order. */
export class Recorder implements RaftListener {
  readonly batches: CommittedBatch[] = [];
  readonly leaders: LeaderChange[] = [];
  readonly snapshots: SnapshotReader[] = [];
  readonly values: string[] = [];
  snapshotsDue = 0;
  #wake: (() => void)[] = [];

  onCommitted(batch: CommittedBatch): void {
    this.batches.push(batch);
    for (const { value } of batch.records) this.values.push(value.toString());
    this.#notify();
  }

  onSnapshot(snapshot: SnapshotReader): void {
    this.snapshots.push(snapshot);
    this.values.length = 0;
    for (const value of snapshot.records()) this.values.push(value.toString());
    this.#notify();
  }

  onLeaderChange(change: LeaderChange): void {
    this.leaders.push(change);
    this.#notify();
  }

  onSnapshotDue(): void {
    this.snapshotsDue++;
    this.#notify();
  }

  async until(condition: (recorder: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resolve of wake) resolve();
  }
}
