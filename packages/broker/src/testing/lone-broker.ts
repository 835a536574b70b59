/**
 * One whole Broker in a test process: a real store in a temporary directory, a real metadata loader, and a controller
 * that takes every registration and answers heartbeats as the test says.
 */
import { tmpdir } from 'node:os';
import { createNodeWorld, noMetrics, randomUuid, silentLogger, type World } from '@tidelog/core';
import { defaultLogConfig, LogStore } from '@tidelog/log';
import { encodeRecord, MetadataLoader, type AnyMetadataRecord } from '@tidelog/metadata';
import { BrokerHeartbeat, BrokerRegistration, type Api, type RequestInputOf, type ResponseOf } from '@tidelog/protocol';
import { Broker } from '../broker.ts';
import type { BrokerConfig } from '../broker-config.ts';
import { defaultGroupConfig } from '../coordinator/group/core/group-config.ts';
import { defaultReplicationConfig } from '../replication/replicas-types.ts';

type HeartbeatRequest = RequestInputOf<typeof BrokerHeartbeat>;
type HeartbeatAnswer = Partial<ResponseOf<typeof BrokerHeartbeat>>;

const nodeId = 1;
const brokerEpoch = 0;
const incarnationId = 'AAAAAAAAAAAAAAAAAAAAAA';
const dayMs = 86_400_000;

export class LoneBroker {
  readonly broker: Broker;
  readonly store: LogStore;
  readonly heartbeats: HeartbeatRequest[] = [];
  /** What the controller says to a heartbeat. */
  answer: (request: HeartbeatRequest) => HeartbeatAnswer = () => ({ isCaughtUp: true, isFenced: false });
  readonly #loader = new MetadataLoader({ logger: silentLogger });
  readonly #remove: () => void;
  #nextOffset = 0;

  private constructor(world: World, store: LogStore, remove: () => void) {
    this.store = store;
    this.#remove = remove;
    const controller = {
      send: async <A extends Api>(api: A, request: RequestInputOf<A>): Promise<ResponseOf<A>> => {
        await Promise.resolve();
        return this.#answer(api, request) as ResponseOf<A>;
      },
    };
    this.broker = new Broker({
      world,
      store,
      controller,
      forwardingController: controller,
      logger: silentLogger,
      metrics: noMetrics,
      loader: this.#loader,
      clusterId: 'cluster',
      config,
      peers: { open: () => ({ send: () => Promise.reject(new Error('there is no other broker')), close: () => {} }) },
    });
  }

  /** Resolves when it serves. */
  static async start(world: World = createNodeWorld()): Promise<LoneBroker> {
    const directory = `${tmpdir()}/tidelog-broker-${randomUuid(world.random)}`;
    world.disk.makeDirectory(directory);
    const logDirs = [{ path: directory, directoryId: 'EEEEEEEEEEEEEEEEEEEEEQ' }];
    const store = await LogStore.open({
      world,
      logger: silentLogger,
      logDirs,
      config: { logDefaults: defaultLogConfig, cleaner: { backoffMs: 5 } },
    });
    const lone = new LoneBroker(world, store, () => world.disk.removeDirectory(directory));
    const logDirIds = logDirs.map(({ directoryId }) => directoryId);
    const identity = { incarnationId, rack: null, listeners: [], features: [], previousBrokerEpoch: -1 };
    lone.broker.start({ ...identity, logDirs: logDirIds });
    lone.commit({
      type: 'registerBroker',
      brokerId: nodeId,
      incarnationId,
      brokerEpoch,
      endPoints: [],
      features: [],
      rack: null,
      fenced: false,
      inControlledShutdown: false,
      logDirs: logDirIds,
      cordonedLogDirs: [],
    });
    await lone.broker.ready;
    return lone;
  }

  /** Commits records in one batch; gives the offset of the last one. */
  commit(...records: AnyMetadataRecord[]): number {
    const baseOffset = this.#nextOffset;
    this.#nextOffset += records.length;
    const lastOffset = this.#nextOffset - 1;
    this.#loader.onCommitted({
      baseOffset,
      lastOffset,
      epoch: 1,
      appendTimestamp: 0,
      records: records.map((record, i) => ({ offset: baseOffset + i, value: encodeRecord(record) })),
    });
    return lastOffset;
  }

  async stop(): Promise<void> {
    this.answer = () => ({ shouldShutDown: true });
    await this.broker.shutdown();
    await this.store.close({ brokerEpoch });
    this.#remove();
  }

  #answer(api: Api, request: unknown): object {
    if (api.key === BrokerRegistration.key) return { errorCode: 0, brokerEpoch };
    if (api.key !== BrokerHeartbeat.key) return { errorCode: 0, directories: [] };
    const heartbeat = request as HeartbeatRequest;
    this.heartbeats.push(heartbeat);
    const { isCaughtUp = true, isFenced = false, shouldShutDown = false } = this.answer(heartbeat);
    return { errorCode: 0, isCaughtUp, isFenced, shouldShutDown };
  }
}

const config: BrokerConfig = {
  nodeId,
  replication: { ...defaultReplicationConfig, nodeId },
  internalTopics: {
    offsetsTopicNumPartitions: 1,
    offsetsTopicReplicationFactor: 1,
    offsetsTopicSegmentBytes: 1 << 20,
  },
  groups: {
    ...defaultGroupConfig,
    offsetsCommitTimeoutMs: 5000,
    offsetsLoadBufferSize: 65_536,
    offsetsTopicCodec: 'none',
  },
  lifecycle: {
    heartbeatIntervalMs: 20,
    sessionTimeoutMs: dayMs,
    retryMs: 10,
    shutdownTimeoutMs: 1000,
    shutdownWithoutControllerMs: 1000,
  },
  autoCreateTopics: false,
  requestTimeoutMs: 5000,
  maxRequestPartitions: 2000,
  fetchMaxBytes: 1 << 20,
  fetchSessionSlots: 10,
  retentionCheckIntervalMs: dayMs,
  producerIdExpirationCheckIntervalMs: dayMs,
  checkpointIntervalMs: dayMs,
  staticConfig: new Map([['log.cleaner.backoff.ms', '5']]),
};
