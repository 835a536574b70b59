/** The broker role: replicas, coordinators and handlers, behind the listeners that clients and other brokers use. */
import { Broker } from '@tidelog/broker';
import { Dispatcher, KafkaListener, type BoundHandler } from '@tidelog/net';
import { advertisedFeatures, supportedFeatures } from '../features.ts';
import { ActiveController } from '../links/active-controller.ts';
import { localHostName } from '../local-host-name.ts';
import { Peers } from '../links/peers.ts';
import { brokerConfig, networkLimits } from '../settings.ts';
import type { NodeParts } from '../tidelog-node.ts';
import { afterFirstImage } from './first-image.ts';

export interface RunningBroker {
  readonly broker: Broker;
  /** Resolves when the controller has unfenced the broker; rejects when it never will. */
  readonly ready: Promise<void>;
  /** By listener name, as bound: tells the port where the configuration says 0. */
  readonly listeners: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
  notReady(): string | undefined;
}

export async function startBroker(parts: NodeParts): Promise<RunningBroker> {
  const { world, logger, metrics, config, store, loader, raft } = parts;
  const controllerLink = (purpose: string, onLost?: () => void): ActiveController =>
    new ActiveController({
      world,
      raft,
      connections: parts.connectionsFor(purpose, onLost),
      timeoutMs: config.reader.number('controller.socket.timeout.ms'),
    });
  const broker: Broker = new Broker({
    world,
    logger,
    metrics,
    store,
    loader,
    clusterId: parts.realClusterId,
    config: brokerConfig(config),
    controller: controllerLink('controller', () => broker.controllerLost()),
    // Forwarded requests wait for commits; heartbeats must not wait behind them.
    forwardingController: controllerLink('forwarding'),
    peers: new Peers({
      world,
      logger,
      nodeId: config.nodeId,
      listenerName: config.interBrokerListenerName,
      image: () => loader.image,
    }),
  });
  const { nodeId } = config;
  const handlers = afterFirstImage(broker.handlers(), { loader, nodeId, incarnationId: parts.incarnationId });
  const listeners = await startListeners(parts, handlers);
  broker.start({
    incarnationId: parts.incarnationId,
    rack: config.rack ?? null,
    listeners: config.advertised
      .filter(({ listenerName }) => listeners.has(listenerName))
      .map(({ listenerName, host, port }) => ({
        name: listenerName,
        host: host === '' ? localHostName() : host,
        port: port === 0 ? (listeners.get(listenerName)?.port ?? 0) : port,
        securityProtocol: 0,
      })),
    features: supportedFeatures,
    // A metadata.log.dir of its own holds the quorum's log and no partitions.
    logDirs: parts.identities.filter(({ path }) => config.logDirs.includes(path)).map(({ directoryId }) => directoryId),
    previousBrokerEpoch: store.previousBrokerEpoch,
  });
  parts.onControllerChange(() => broker.controllerChanged());
  parts.onStop(() => broker.shutdown());
  return { broker, ready: broker.ready, listeners, notReady: () => broker.notReady() };
}

async function startListeners(
  parts: NodeParts,
  handlers: readonly BoundHandler[],
): Promise<Map<string, { host: string; port: number }>> {
  const { world, logger, metrics, config, loader } = parts;
  const dispatcher = new Dispatcher({
    world,
    logger,
    metrics,
    handlers,
    listenerKind: 'broker',
    features: () => advertisedFeatures(loader.image, parts.raft.kraftVersion),
  });
  const bound = new Map<string, { host: string; port: number }>();
  for (const { listenerName, host, port } of config.brokerListeners) {
    const listener = new KafkaListener({
      world,
      logger,
      metrics,
      dispatcher,
      host,
      port,
      name: listenerName,
      limits: networkLimits(config),
      budgets: parts.budgets,
      isPrivileged: listenerName === config.interBrokerListenerName,
    });
    await listener.start();
    parts.onStop(() => listener.stop());
    bound.set(listenerName, { host, port: listener.port });
  }
  return bound;
}
