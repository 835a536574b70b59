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
import { openHttpWhenDue } from './http-endpoint.ts';
import { exposeLogStore } from './log-metrics.ts';
import type { ServerLogger } from './logging.ts';
import type { MetricsRegistry } from './metrics-registry.ts';
import { nodeConfigOf, type NodeConfig } from './node-config.ts';
import type { Properties } from './properties.ts';
import { startBroker, type RunningBroker } from './roles/broker-role.ts';
import { startController } from './roles/controller-role.ts';
import { createQuorumMember } from './roles/quorum-member.ts';
import { logStoreConfig, networkLimits } from './settings.ts';
import { Stops } from './stops.ts';
import { formatStorage, openStorage, StorageError, type DirectoryIdentity, type OpenedStorage } from './storage.ts';

export interface NodeOptions {
  readonly world: World;
  readonly texts: Properties;
  readonly logger: ServerLogger;
  readonly metrics: MetricsRegistry;
  /** Whether storage that is not formatted is formatted. */
  readonly format: boolean;
  readonly clusterId?: string | undefined;
  /** Aborted: the node is not wanted any more. A start under way ends, after the same stops as a node that served. */
  readonly signal?: AbortSignal;
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
  /** A pool of outbound connections that is closed when the node stops. `onLost`: one of them broke. */
  readonly connectionsFor: (purpose: string, onLost?: () => void) => Connections;
  /** Runs when the node stops, before what was added earlier. */
  readonly onStop: (stop: () => Promise<void> | void) => void;
}

export class TidelogNode {
  readonly config: NodeConfig;
  readonly clusterId: string;
  readonly broker: RunningBroker | undefined;
  readonly raft: RaftNode;
  readonly #stops: Stops;

  private constructor(parts: NodeParts, broker: RunningBroker | undefined, stops: Stops) {
    this.config = parts.config;
    this.clusterId = parts.realClusterId;
    this.broker = broker;
    this.raft = parts.raft;
    this.#stops = stops;
  }

  /**
   * Resolves when the node serves: a broker is unfenced, a controller takes part in the quorum. Rejects with the
   * signal's reason when that is aborted first.
   */
  static async start(options: NodeOptions): Promise<TidelogNode> {
    const { logger, signal } = options;
    const stops = new Stops();
    const { promise: aborted, reject: abort } = Promise.withResolvers<never>();
    aborted.catch(() => undefined);
    signal?.addEventListener('abort', () => abort(signal.reason), { once: true });
    try {
      const config = nodeConfigOf(options.texts);
      let notReady = (): string | undefined => 'the logs are being opened';
      const http = openHttpWhenDue({ ...options, listener: config.httpListener, notReady: () => notReady() });
      stops.add(() => http.close());
      const parts = await assemble(options, config, (stop) => stops.add(stop));
      signal?.throwIfAborted();
      const controller = config.isController ? await startController(parts) : undefined;
      const broker = config.isBroker ? await startBroker(parts) : undefined;
      await parts.raft.start();
      notReady = () => broker?.notReady() ?? controller?.notReady();
      await Promise.race([aborted, broker?.ready]);
      signal?.throwIfAborted();
      logger.info({ nodeId: config.nodeId, clusterId: parts.realClusterId }, 'ready');
      http.open();
      return new TidelogNode(parts, broker, stops);
    } catch (error) {
      await stops.run().catch((failure: unknown) => logger.error({ err: failure }, 'the node did not stop cleanly'));
      throw error;
    }
  }

  /** Leaves the cluster in good order: leaderships move away, logs are flushed and marked clean. */
  stop(): Promise<void> {
    return this.#stops.run();
  }
}

async function assemble(options: NodeOptions, config: NodeConfig, onStop: NodeParts['onStop']): Promise<NodeParts> {
  const { world, logger } = options;
  for (const warning of config.reader.warnings) logger.warn({}, warning);
  const { identities, failed } = openDirectories(options, config);
  const store = await LogStore.open({
    world,
    logger,
    logDirs: identities.map(({ path, directoryId }) => {
      return { path, directoryId, onlyByName: !config.logDirs.includes(path) };
    }),
    unreadableDirs: failed.map(({ path, error }) => ({ path, error: error.message })),
    config: logStoreConfig(config),
    metrics: options.metrics,
  });
  exposeLogStore(options.metrics, store);
  let brokerEpoch = (): number => -1;
  onStop(() => store.close({ brokerEpoch: brokerEpoch() }));
  const connectionsFor = (purpose: string, onLost?: () => void): Connections => {
    const clientId = `node-${config.nodeId}-${purpose}`;
    const connections = new Connections({ world, logger, clientId, ...(onLost !== undefined && { onLost }) });
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
