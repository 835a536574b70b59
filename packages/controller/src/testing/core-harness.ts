/**
 * The controller's core without a quorum: takes decisions, applies their records at once as if appended, and commits or
 * reverts them when told. For tests of decisions.
 */
import { randomUuid, SeededRandom, type Millis, type Uuid } from '@tidelog/core';
import { decodeRecord, encodeRecord, type MetadataRecord, type PartitionImage } from '@tidelog/metadata';
import { BrokerSessions } from '../core/broker-sessions.ts';
import { defaultControllerConfig, type ControllerConfig } from '../core/controller-config.ts';
import { ControllerState } from '../core/controller-state.ts';
import type { Decision, DecisionContext } from '../core/decision.ts';
import { decideBootstrap } from '../core/decisions/bootstrap.ts';
import { decideBrokerHeartbeat, type BrokerHeartbeatResult } from '../core/decisions/broker-heartbeat.ts';
import { decideCreateTopics, type CreatableTopicResult } from '../core/decisions/create-topics.ts';
import { decideFenceStaleBroker } from '../core/decisions/fence-stale-brokers.ts';
import { decideRegisterBroker, type BrokerRegistrationResult } from '../core/decisions/register-broker.ts';

export interface BrokerOptions {
  readonly rack?: string | null;
  readonly logDirs?: readonly Uuid[];
  readonly incarnationId?: Uuid;
  readonly previousBrokerEpoch?: number;
  readonly clusterId?: string;
  readonly connectionId?: number;
  readonly features?: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[];
}

export class CoreHarness {
  readonly state = new ControllerState();
  readonly random: SeededRandom;
  readonly config: ControllerConfig;
  readonly sessions: BrokerSessions;
  now: Millis = 1000;
  nextOffset = 0;
  /** Everything ever applied, as bytes, for replaying from scratch. */
  readonly log: Buffer[] = [];
  #committedOffset = 0;

  constructor({ seed = 1, ...config }: Partial<ControllerConfig> & { readonly seed?: number } = {}) {
    this.random = new SeededRandom(seed);
    this.config = { ...defaultControllerConfig, ...config };
    this.sessions = new BrokerSessions(this.config);
    this.apply(decideBootstrap({ image: this.state.image, config: this.config }));
  }

  get context(): DecisionContext {
    const { config, sessions, now, nextOffset, random, state } = this;
    const { image, index, collisions } = state;
    return { clusterId: 'cluster', config, sessions, now, nextOffset, random, image, index, collisions };
  }

  decide<R>(decide: (context: DecisionContext) => Decision<R>): R {
    const { records, response } = decide(this.context);
    this.apply(records);
    return response;
  }

  apply(records: readonly MetadataRecord[]): void {
    if (records.length === 0) return;
    const values = records.map(encodeRecord);
    const prepared = this.state.prepare(values.map(decodeRecord));
    this.nextOffset += records.length;
    this.state.appended(prepared, { offset: this.nextOffset - 1, epoch: 1 });
    this.log.push(...values);
  }

  /** The one directory of a broker's disk, the same for all its processes. */
  #directoryOf(brokerId: number): Uuid {
    return randomUuid(new SeededRandom(1000 + brokerId));
  }

  commit(): void {
    this.state.commitTo({ offset: this.nextOffset - 1, epoch: 1 });
    this.#committedOffset = this.nextOffset;
  }

  /** The leadership is lost and won again: what was not committed is gone, and so are the sessions. */
  revert(): void {
    this.state.revert();
    this.nextOffset = this.#committedOffset;
    this.log.length = this.#committedOffset;
    this.sessions.clear({ beginAt: this.state.image.offset });
    for (const { id, epoch, fenced } of this.state.image.cluster.brokers.values()) {
      if (!fenced) this.sessions.expect({ brokerId: id, brokerEpoch: epoch }, this.now);
    }
  }

  register(brokerId: number, options: BrokerOptions = {}): BrokerRegistrationResult {
    const { rack = null, clusterId = 'cluster', connectionId = brokerId } = options;
    const request = {
      brokerId,
      clusterId,
      incarnationId: options.incarnationId ?? randomUuid(this.random),
      listeners: [{ name: 'PLAINTEXT', host: 'localhost', port: 9092, securityProtocol: 0 }],
      features: [...(options.features ?? this.config.supportedFeatures)],
      rack,
      isMigratingZkBroker: false,
      logDirs: [...(options.logDirs ?? [this.#directoryOf(brokerId)])],
      previousBrokerEpoch: options.previousBrokerEpoch ?? -1,
    };
    return this.decide((context) => decideRegisterBroker(context, request, connectionId));
  }

  heartbeat(
    brokerId: number,
    want: { fence?: boolean; shutDown?: boolean; epoch?: number; offset?: number; offlineLogDirs?: Uuid[] } = {},
  ): BrokerHeartbeatResult {
    const request = {
      brokerId,
      brokerEpoch: want.epoch ?? this.state.image.cluster.brokerEpoch(brokerId),
      currentMetadataOffset: want.offset ?? this.nextOffset - 1,
      wantFence: want.fence ?? false,
      wantShutDown: want.shutDown ?? false,
      offlineLogDirs: want.offlineLogDirs ?? [],
      cordonedLogDirs: null,
    };
    return this.decide((context) => decideBrokerHeartbeat(context, request, brokerId));
  }

  /** Registers brokers and lets them serve. */
  bringUp(brokerIds: readonly number[], options: BrokerOptions = {}): void {
    for (const id of brokerIds) {
      this.register(id, options);
      this.heartbeat(id);
    }
  }

  /** Time passes, with heartbeats of all live brokers but these; who is silent for too long is fenced. */
  silence(...brokerIds: readonly number[]): void {
    this.now += this.config.brokerSessionTimeoutMs;
    for (const { id, fenced } of this.state.image.cluster.brokers.values()) {
      if (!fenced && !brokerIds.includes(id)) this.heartbeat(id);
    }
    for (;;) {
      const stale = decideFenceStaleBroker(this.context);
      if (stale === undefined) return;
      this.apply(stale.records);
    }
  }

  createTopic(name: string, topic: Partial<NewTopic> = {}, validateOnly = false): CreatableTopicResult {
    const { numPartitions = -1, replicationFactor = -1, assignments = [], configs = {} } = topic;
    const request = {
      topics: [
        {
          name,
          numPartitions,
          replicationFactor,
          assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] })),
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 1000,
      validateOnly,
    };
    const { topics } = this.decide((context) => decideCreateTopics(context, request));
    const [result] = topics;
    if (result === undefined) throw new Error('no result');
    return result;
  }

  partition(topic: string, index = 0): PartitionImage {
    const partition = this.state.image.topics.get(topic)?.partitions.get(index);
    if (partition === undefined) throw new Error(`no partition ${topic}-${index}`);
    return partition;
  }
}

export interface NewTopic {
  readonly numPartitions: number;
  readonly replicationFactor: number;
  readonly assignments: readonly (readonly number[])[];
  readonly configs: Readonly<Record<string, string | null>>;
}
