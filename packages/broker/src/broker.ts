/**
 * One broker: its replicas, its place in the cluster and the handlers that clients and other brokers reach. Follows the
 * metadata as a publisher; what it wants changed it asks the controller for, on the wire.
 */
import { zeroUuid, type Logger, type Metrics, type Timer, type Uuid, type World } from '@tidelog/core';
import type { LogStore } from '@tidelog/log';
import {
  cleanerConfigOf,
  ConfigResourceType,
  effectiveBrokerConfig,
  effectiveTopicConfig,
  logConfigOf,
  resourceOfKey,
  type EffectiveConfigs,
  type MetadataDelta,
  type MetadataImage,
  type MetadataLoader,
} from '@tidelog/metadata';
import type { BoundHandler } from '@tidelog/net';
import { allowAll } from './authorizer.ts';
import type { BrokerConfig } from './broker-config.ts';
import { brokerHandlers } from './broker-handlers.ts';
import type { ControllerChannel, PeerConnections } from './channels.ts';
import { GroupCoordinator } from './coordinator/group/group-coordinator.ts';
import { ControllerForwarding } from './forwarding/controller-forwarding.ts';
import { BrokerLifecycle, type BrokerIdentity } from './lifecycle/broker-lifecycle.ts';
import type { LifecycleState } from './lifecycle/core/lifecycle-core.ts';
import { Replicas } from './replication/replicas.ts';
import type { TopicSettings } from './replication/replicas-types.ts';
import type { ReplicationRates } from './replication/replication-quotas.ts';
import { TopicCreation } from './topics/topic-creation.ts';

export interface BrokerOptions {
  readonly world: World;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly store: LogStore;
  readonly loader: MetadataLoader;
  readonly clusterId: string;
  readonly config: BrokerConfig;
  readonly controller: ControllerChannel;
  /** A link of its own, for requests that wait for commits. */
  readonly forwardingController: ControllerChannel;
  readonly peers: PeerConnections;
}

/** What is known of the broker only once its listeners are bound. */
export type BrokerStart = Omit<BrokerIdentity, 'nodeId' | 'clusterId'>;

/** How long a request waits for a topic that it causes to be created. */
const topicCreationWaitMs = 2000;

export class Broker {
  /** Resolves when the controller has unfenced this broker; rejects when it refuses it for good. */
  readonly ready: Promise<void>;
  readonly replicas: Replicas;
  readonly groups: GroupCoordinator;
  readonly #options: BrokerOptions;
  readonly #topicCreation: TopicCreation;
  readonly #settle: { resolve: () => void; reject: (error: Error) => void };
  readonly #timers: Timer[] = [];
  #lifecycle: BrokerLifecycle | undefined;
  #onStopped: (() => void) | undefined;
  #closed = false;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { world, logger, metrics, store, config, controller, forwardingController, peers } = options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => undefined);
    this.ready = promise;
    this.#settle = { resolve, reject };
    this.replicas = new Replicas({
      world,
      logger,
      metrics,
      store,
      controller,
      peers,
      config: config.replication,
      brokerEpoch: () => this.#lifecycle?.brokerEpoch ?? -1,
      mayLead: () => this.#lifecycle?.mayLead ?? true,
      topicSettings: (image, topic) => this.#settingsOf(image, topic),
      replicationRates: (image) => this.#replicationRatesOf(image),
    });
    const { nodeId, groups, staticConfig } = config;
    this.groups = new GroupCoordinator({
      world,
      logger,
      metrics,
      nodeId,
      staticConfig,
      config: groups,
      replicas: this.replicas,
    });
    this.#topicCreation = new TopicCreation({
      world,
      logger,
      controller: forwardingController,
      waitMs: topicCreationWaitMs,
      image: () => this.replicas.image,
    });
  }

  get state(): LifecycleState {
    return this.#lifecycle?.state ?? 'starting';
  }

  handlers(): BoundHandler[] {
    const { world, logger, metrics, store, clusterId, config, controller, forwardingController } = this.#options;
    const timeoutMs = config.requestTimeoutMs;
    return brokerHandlers({
      world,
      logger,
      metrics,
      store,
      clusterId,
      config,
      controller,
      replicas: this.replicas,
      groups: this.groups,
      authorizer: allowAll,
      topicCreation: this.#topicCreation,
      forwarding: new ControllerForwarding({ world, logger, controller: forwardingController, timeoutMs }),
      brokerEpoch: () => this.#lifecycle?.brokerEpoch ?? -1,
    });
  }

  /** Joins the cluster: follows the metadata, registers, and serves once it is unfenced. */
  start(start: BrokerStart): void {
    const { world, logger, store, loader, clusterId, config, controller } = this.#options;
    const identity = { ...start, nodeId: config.nodeId, clusterId };
    this.#lifecycle = new BrokerLifecycle({
      world,
      logger,
      controller,
      identity,
      timings: config.lifecycle,
      offlineLogDirs: () => offlineDirectories(store),
      onChange: (state, detail) => this.#onLifecycle(state, detail),
    });
    store.onDirectoryOffline(() => this.#onDirectoryOffline());
    loader.addPublisher({ name: 'broker', onMetadata: (image, delta) => this.#onMetadata(image, delta) });
    this.#lifecycle.start();
    this.#every('check retention', config.retentionCheckIntervalMs, () => store.runRetention());
    this.#every('write checkpoints', config.checkpointIntervalMs, () => store.checkpoint());
    this.#every('expire producers', config.producerIdExpirationCheckIntervalMs, () => store.expireProducers());
  }

  /** Asks the controller to move leaderships away, then stops replicating. The logs are the owner's to close. */
  async shutdown(): Promise<void> {
    const lifecycle = this.#lifecycle;
    if (lifecycle !== undefined && lifecycle.state !== 'stopped' && lifecycle.state !== 'failed') {
      await new Promise<void>((resolve) => {
        this.#onStopped = resolve;
        lifecycle.requestShutdown();
      });
    }
    lifecycle?.stop();
    this.#closed = true;
    for (const timer of this.#timers) timer.cancel();
    this.groups.close();
    await this.replicas.close();
  }

  /** Another controller is active: it should hear of this broker soon. */
  controllerChanged(): void {
    this.#lifecycle?.controllerChanged();
  }

  /** The connection to the controller broke: it fences this broker unless it hears of it again. */
  controllerLost(): void {
    this.#lifecycle?.controllerLost();
  }

  /** Why the broker does not serve yet (or any more). */
  notReady(): string | undefined {
    return this.state === 'running' ? undefined : `the broker is ${this.state}`;
  }

  #onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    this.replicas.onMetadata(image, delta);
    this.groups.onMetadata(image, delta);
    this.#topicCreation.onMetadata(image);
    // A heartbeat says how far the metadata is applied, not how far it is read: the controller takes the broker's word.
    this.replicas.whenSettled(() => this.#lifecycle?.onMetadata(image));
    const changed = [...delta.changes.configs.keys()];
    const isBrokers = changed.some((key) => resourceOfKey(key).resourceType === ConfigResourceType.BROKER);
    if (isBrokers) this.#options.store.cleaner.reconfigure(cleanerConfigOf(this.#effectiveConfig(image)));
  }

  #onLifecycle(state: LifecycleState, detail: string): void {
    this.#options.logger.info({ state }, detail);
    this.replicas.join();
    // By now the metadata is known, and with it how each log is to be cleaned up.
    if (state === 'running') this.#options.store.cleaner.start();
    if (state === 'running') this.#settle.resolve();
    if (state === 'failed') this.#settle.reject(new Error(detail));
    if (state === 'stopped' || state === 'failed') this.#onStopped?.();
  }

  #onDirectoryOffline(): void {
    const { store, logger } = this.#options;
    this.#lifecycle?.directoriesFailed();
    if (store.directories().every(({ offline }) => offline)) {
      logger.error({}, 'every log directory is offline: this broker can serve nothing until it is restarted');
    }
  }

  #settingsOf(image: MetadataImage, topic: string): TopicSettings {
    const { nodeId, staticConfig } = this.#options.config;
    const effective = effectiveTopicConfig({ configs: image.configs, brokerId: nodeId, staticConfig }, topic);
    return { log: logConfigOf(effective), minInsyncReplicas: Number(effective.get('min.insync.replicas')?.value ?? 1) };
  }

  #replicationRatesOf(image: MetadataImage): ReplicationRates {
    const effective = this.#effectiveConfig(image);
    const rateOf = (side: string): number => Number(effective.get(`${side}.replication.throttled.rate`)?.value);
    return { leader: rateOf('leader'), follower: rateOf('follower') };
  }

  #effectiveConfig(image: MetadataImage): EffectiveConfigs {
    const { nodeId, staticConfig } = this.#options.config;
    return effectiveBrokerConfig({ configs: image.configs, brokerId: nodeId, staticConfig });
  }

  /** Runs a task again and again, the next time an interval after it has ended. */
  #every(what: string, intervalMs: number, run: () => Promise<void>): void {
    const { world, logger } = this.#options;
    const index = this.#timers.length;
    const arm = (): void => {
      this.#timers[index] = world.timers.after(intervalMs, () => void runOnce());
    };
    const runOnce = async (): Promise<void> => {
      try {
        await run();
      } catch (error) {
        logger.error({ err: error }, `could not ${what}`);
      }
      if (!this.#closed) arm();
    };
    arm();
  }
}

function offlineDirectories(store: LogStore): Uuid[] {
  return store
    .directories()
    .filter(({ offline, directoryId }) => offline && directoryId !== zeroUuid)
    .map(({ directoryId }) => directoryId);
}
