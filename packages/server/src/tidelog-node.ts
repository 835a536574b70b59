/**
 * The composition root: from a configuration to one running process with the roles it names.
 *
 *   storage ─▶ logs ─▶ quorum member ─▶ metadata loader ─▶ broker ─▶ ready
 *                          │ (voter)                          ▲
 *                          └─▶ controller ◀── its listener ───┘ registration, heartbeats: always on the wire
 *
 * Owns no policy: every decision is in the rooms that it wires together. What was started is stopped in reverse order.
 */
import { randomUuid, type Logger, type Uuid, type World } from '@tidelog/core';
import { LogStore } from '@tidelog/log';
import { MetadataLoader, snapshotValues, type MetadataImage } from '@tidelog/metadata';
import { Connections, NetworkBudgets } from '@tidelog/net';
import type { RaftNode } from '@tidelog/raft';
import { startHttp } from './http-endpoint.ts';
import { exposeLogStore } from './log-metrics.ts';
import type { ServerLogger } from './logging.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { nodeConfigOf, type NodeConfig } from './node-config.ts';
import type { Properties } from './properties.ts';
import { startBroker, type RunningBroker } from './roles/broker-role.ts';
import { startController } from './roles/controller-role.ts';
import { createQuorumMember } from './roles/quorum-member.ts';
import { logStoreConfig, networkLimits } from './settings.ts';
import { formatStorage, openStorage, StorageError, type DirectoryIdentity, type OpenedStorage } from './storage.ts';

export interface NodeOptions {
  readonly world: World;
  readonly texts: Properties;
  readonly logger: ServerLogger;
  readonly metrics: MetricsRegistry;
  /** Whether storage that is not formatted is formatted. */
  readonly format: boolean;
  readonly clusterId?: string | undefined;
  /** The process cannot go on and should exit. */
  readonly onFatal: (error: Error) => void;
}

/** What the roles share. */
export interface NodeParts extends NodeOptions {
  readonly config: NodeConfig;
  readonly identities: readonly DirectoryIdentity[];
  readonly realClusterId: string;
  readonly directoryIdOf: (path: string) => Uuid;
  readonly store: LogStore;
  readonly raft: RaftNode;
  readonly loader: MetadataLoader;
  readonly incarnationId: Uuid;
  readonly onControllerChange: (listener: () => void) => void;
  /** Memory for requests, shared by all listeners. */
  readonly budgets: NetworkBudgets;
  /** A pool of outbound connections that is closed when the node stops. */
  readonly connectionsFor: (purpose: string) => Connections;
  /** Runs when the node stops, before what was added earlier. */
  readonly onStop: (stop: () => Promise<void> | void) => void;
}

export class TidelogNode {
  readonly config: NodeConfig;
  readonly clusterId: string;
  readonly broker: RunningBroker | undefined;
  readonly raft: RaftNode;
  readonly #stops: (() => Promise<void> | void)[];
  #stopping: Promise<void> | undefined;

  private constructor(parts: NodeParts, broker: RunningBroker | undefined, stops: (() => Promise<void> | void)[]) {
    this.config = parts.config;
    this.clusterId = parts.realClusterId;
    this.broker = broker;
    this.raft = parts.raft;
    this.#stops = stops;
  }

  /** Resolves when the node serves: a broker is unfenced, a controller takes part in the quorum. */
  static async start(options: NodeOptions): Promise<TidelogNode> {
    const stops: (() => Promise<void> | void)[] = [];
    try {
      const parts = await assemble(options, (stop) => stops.push(stop));
      const controller = parts.config.isController ? await startController(parts) : undefined;
      const broker = parts.config.isBroker ? await startBroker(parts) : undefined;
      await parts.raft.start();
      const ready = broker?.ready ?? Promise.resolve();
      await ready;
      options.logger.info({ nodeId: parts.config.nodeId, clusterId: parts.realClusterId }, 'ready');
      // HTTP loads after the broker serves; until then nobody could be told that it is ready.
      const http = serveHttp(parts, () => broker?.notReady() ?? controller?.notReady());
      stops.push(async () => (await http)?.close());
      return new TidelogNode(parts, broker, stops);
    } catch (error) {
      await runAll(stops);
      throw error;
    }
  }

  /** Leaves the cluster in good order: leaderships move away, logs are flushed and marked clean. */
  stop(): Promise<void> {
    this.#stopping ??= runAll(this.#stops);
    return this.#stopping;
  }
}

async function assemble(options: NodeOptions, onStop: (stop: () => Promise<void> | void) => void): Promise<NodeParts> {
  const { world, logger } = options;
  const config = nodeConfigOf(options.texts);
  for (const warning of config.reader.warnings) logger.warn({}, warning);
  const { identities, failed } = openDirectories(options, config);
  const store = await LogStore.open({
    world,
    logger,
    logDirs: identities.map(({ path, directoryId }) => ({ path, directoryId })),
    unreadableDirs: failed.map(({ path, error }) => ({ path, error: error.message })),
    config: logStoreConfig(config),
    metrics: options.metrics,
  });
  exposeLogStore(options.metrics, store);
  let brokerEpoch = (): number => -1;
  onStop(() => store.close({ brokerEpoch: brokerEpoch() }));
  const connectionsFor = (purpose: string): Connections => {
    const connections = new Connections({ world, logger, clientId: `node-${config.nodeId}-${purpose}` });
    onStop(() => connections.close());
    return connections;
  };
  const realClusterId = identities[0]?.clusterId ?? '';
  const directoryIdOf = (path: string): Uuid =>
    identities.find((identity) => identity.path === path)?.directoryId ?? '';
  const shared = { ...options, config, identities, realClusterId, directoryIdOf, store, connectionsFor, onStop };
  const raft = createQuorumMember(shared);
  onStop(() => raft.shutdown());
  const loader = new MetadataLoader({
    logger,
    highWatermark: () => (raft.highWatermark < 0 ? undefined : raft.highWatermark),
    onUpgradeRequired: options.onFatal,
    // A controller writes the snapshots of its node itself.
    ...(config.isController ? {} : { writeSnapshot: (image: MetadataImage) => writeSnapshot(raft, image, logger) }),
  });
  const controllerListeners: (() => void)[] = [];
  raft.subscribe({
    onCommitted: (batch) => loader.onCommitted(batch),
    onSnapshot: (snapshot) => loader.onSnapshot(snapshot),
    onSnapshotDue: () => loader.onSnapshotDue(),
    onLeaderChange: ({ leaderId }) => {
      loader.onLeaderChange();
      if (leaderId >= 0) for (const listener of controllerListeners) listener();
    },
  });
  brokerEpoch = () => loader.image.cluster.brokerEpoch(config.nodeId);
  const budgets = new NetworkBudgets(world, networkLimits(config));
  const onControllerChange = (listener: () => void): void => void controllerListeners.push(listener);
  return { ...shared, raft, loader, budgets, onControllerChange, incarnationId: randomUuid(world.random) };
}

function writeSnapshot(raft: RaftNode, image: MetadataImage, logger: Logger): void {
  raft
    .createSnapshot({ offset: image.offset + 1, epoch: image.epoch }, snapshotValues(image))
    .catch((error: unknown) => logger.error({ err: error }, 'could not write a metadata snapshot'));
}

/** One directory that fails takes its partitions with it, not the node (KIP-112). */
function openDirectories(options: NodeOptions, config: NodeConfig): OpenedStorage {
  const { world, clusterId } = options;
  const logDirs = [...new Set([...config.logDirs, config.metadataLogDir])];
  const storage = { disk: world.disk, random: world.random, logDirs, nodeId: config.nodeId, clusterId };
  const { identities, failed } = options.format ? formatStorage(storage) : openStorage(storage);
  for (const { path, error } of failed) {
    options.logger.error(
      { err: error, path },
      `the log directory ${path} is offline: mend it and start the node again`,
    );
    if (path === config.metadataLogDir) {
      throw new StorageError(`${path} has the metadata log and cannot be read (${error.code}): this node cannot start`);
    }
  }
  return { identities, failed };
}

async function serveHttp(
  { config, metrics, logger }: NodeParts,
  notReady: () => string | undefined,
): Promise<{ close(): Promise<void> } | undefined> {
  if (config.httpListener === undefined) return undefined;
  try {
    return await startHttp({ ...config.httpListener, metrics, notReady });
  } catch (error) {
    const { host, port } = config.httpListener;
    logger.error({ err: error }, `no HTTP on ${host}:${port}: is the port taken? Set http.listeners to another one`);
    return undefined;
  }
}

async function runAll(stops: (() => Promise<void> | void)[]): Promise<void> {
  for (const stop of stops.toReversed()) await stop();
}
