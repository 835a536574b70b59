/**
 * All replicas of this broker. Follows the metadata: opens logs for partitions placed here, deletes the ones that
 * went away, promotes and demotes; a topic that is deleted and created again under its name is another topic (another
 * id) and shares nothing with the old one. It refuses to decide anything about a partition: that is PartitionCore's.
 */
import { RateLimitedLog, type Millis, type Timer } from '@tidelog/core';
import type { AppendOutcome } from '@tidelog/log';
import { emptyMetadataImage, type MetadataDelta, type MetadataImage, type PartitionImage } from '@tidelog/metadata';
import { ErrorCode } from '@tidelog/protocol';
import { Deadlines } from '../deadlines.ts';
import { TopicMetrics } from '../topic-metrics.ts';
import { brokersOfPartition, brokerViewOf } from './broker-view.ts';
import { CommitWaiter } from './commit-waiter.ts';
import type { BrokerView, PartitionInput } from './core/partition-events.ts';
import { DirectoryAssignments } from './directory-assignments.ts';
import { IsrSender } from './isr-sender.ts';
import { Replica, type ReplicaHost } from './replica.ts';
import { ReplicaLogs, type PlacedPartition } from './replica-logs.ts';
import { exposeReplicas } from './replica-metrics.ts';
import { ReplicaFetchers } from './replica-fetchers.ts';
import { ReplicaTable } from './replica-table.ts';
import { ReplicationQuotas } from './replication-quotas.ts';
import { SlicedWork } from './sliced-work.ts';
import type { CommittedAppend, LeadershipListener, ReplicasDeps, TopicSettings } from './replicas-types.ts';

/** Between two attempts to make the log of a replica while there is no room. */
const openRetryMs: Millis = 1000;

/** What is done of a review of all leaders before the loop may be given back. */
const leadersPerTask = 64;

export class Replicas {
  readonly name = 'replicas';
  readonly deadlines: Deadlines;
  readonly topicMetrics: TopicMetrics;
  readonly quotas: ReplicationQuotas;
  readonly #deps: ReplicasDeps;
  readonly #table = new ReplicaTable();
  readonly #work: SlicedWork;
  readonly #fetchers: ReplicaFetchers;
  readonly #isrSender: IsrSender;
  readonly #directories: DirectoryAssignments;
  readonly #brokers: BrokerView;
  readonly #host: ReplicaHost;
  readonly #listeners: LeadershipListener[] = [];
  readonly #logs: ReplicaLogs;
  readonly #repeated: RateLimitedLog;
  #image: MetadataImage = emptyMetadataImage;
  #joined = false;
  #reviewTimer: Timer | undefined;
  /** Replicas for whose log there was no room. */
  #waitingForRoom = new Set<Replica>();
  #roomTimer: Timer | undefined;
  #closed = false;

  constructor(deps: ReplicasDeps) {
    this.#deps = deps;
    const { world, logger, metrics, config, brokerEpoch, controller, peers, replicationRates } = deps;
    this.deadlines = new Deadlines(world);
    this.#repeated = new RateLimitedLog(world, logger);
    this.#work = new SlicedWork(world);
    const { nodeId, quotaWindows: windows, quotaWindowMs: windowMs } = config;
    this.quotas = new ReplicationQuotas({ clock: world.clock, nodeId, windows, windowMs, ratesOf: replicationRates });
    this.topicMetrics = new TopicMetrics(metrics);
    this.#fetchers = new ReplicaFetchers(peers, {
      world,
      logger,
      config,
      brokerEpoch,
      topicMetrics: this.topicMetrics,
      deadlines: this.deadlines,
      quotas: this.quotas,
    });
    this.#isrSender = new IsrSender({ world, logger, metrics, controller, nodeId: config.nodeId, brokerEpoch });
    this.#directories = new DirectoryAssignments({ world, logger, controller, nodeId: config.nodeId, brokerEpoch });
    this.#brokers = brokerViewOf(() => this.#image);
    this.#host = this.#makeHost();
    const { store } = deps;
    this.#logs = new ReplicaLogs({ store, logger, nodeId: config.nodeId, assignments: this.#directories });
    deps.store.onDirectoryOffline((directory) => this.#onDirectoryOffline(directory.directoryId));
    exposeReplicas(deps.metrics, this.#table);
    this.#scheduleReview();
  }

  /** The metadata this broker's replicas stand on. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** Whether everything that the image says is done: logs opened and deleted, roles taken. */
  get isSettled(): boolean {
    return this.#work.isDone;
  }

  /** Runs a task when everything that the image says by now is done: at once, or in a later turn. */
  whenSettled(task: () => void): void {
    this.#work.add(task);
    this.#work.go();
  }

  get size(): number {
    return this.#table.size;
  }

  get(topic: string, partition: number): Replica | undefined {
    return this.#table.get(topic, partition);
  }

  getById(topicId: string, partition: number): Replica | undefined {
    return this.#table.getById(topicId, partition);
  }

  all(): Iterable<Replica> {
    return this.#table;
  }

  /** Why a partition that has no replica here cannot be served. */
  errorOf(topic: string, partition: number): ErrorCode {
    const known = this.#image.topics.get(topic)?.partitions.has(partition) === true;
    return known ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  /**
   * Appends as the leader; `committed` resolves with NONE once every in-sync replica has the records. Never rejects.
   */
  appendAndCommit(append: CommittedAppend): {
    readonly outcome: AppendOutcome;
    readonly committed: Promise<ErrorCode>;
  } {
    const { topic, partition, records, timeoutMs, expectedLeaderEpoch, verificationGuard, transactionVersion } = append;
    const replica = this.get(topic, partition);
    if (replica === undefined) {
      const error = this.errorOf(topic, partition);
      const detail = `${topic}-${partition} is not on this broker`;
      return { outcome: { kind: 'refused', error, detail, recordErrors: [] }, committed: Promise.resolve(error) };
    }
    const waiter = new CommitWaiter(this.deadlines, timeoutMs);
    const outcome = replica.append(records, {
      acks: -1,
      origin: 'coordinator',
      waiter,
      ...(expectedLeaderEpoch !== undefined && { expectedLeaderEpoch }),
      ...(verificationGuard !== undefined && { verificationGuard }),
      ...(transactionVersion !== undefined && { transactionVersion }),
    });
    if (outcome.kind === 'refused') waiter.onAcknowledged(outcome.error);
    return { outcome, committed: waiter.promise };
  }

  addLeadershipListener(listener: LeadershipListener): void {
    this.#listeners.push(listener);
  }

  /**
   * A MetadataPublisher: applies what changed, deletions first. Nothing is opened, deleted or followed before the
   * metadata holds this incarnation's registration: an older image may lack topics whose logs are here.
   */
  onMetadata(image: MetadataImage, delta: MetadataDelta): void {
    if (this.#closed) return;
    this.#image = image;
    this.quotas.onMetadata(image, delta);
    if (!this.#joined) return this.join();
    const { topics, brokers, configs } = delta.changes;
    const work = this.#work;
    for (const topic of topics.deleted.values()) {
      work.addEach(topic.partitions.keys(), (partition) => this.#remove(this.#table.getById(topic.id, partition)));
    }
    for (const { id, name, partitionChanges } of topics.changed.values())
      this.#placeAll({ id, name }, partitionChanges);
    if (configs.size > 0) work.add(() => this.#reconfigure(configs.keys()));
    if (brokers.size > 0) work.add(() => this.#onBrokersChanged(brokers.keys()));
    work.add(() => this.#fetchers.closeIdle());
    work.go();
  }

  /** Begins, once the metadata holds this incarnation's registration. Also called when the registration is answered. */
  join(): void {
    if (this.#joined || this.#closed) return;
    const { config, brokerEpoch } = this.#deps;
    const registered = this.#image.cluster.brokerEpoch(config.nodeId);
    if (registered === -1 || registered !== brokerEpoch()) return;
    this.#joined = true;
    this.#logs.setStraysAside(this.#image);
    for (const topic of this.#image.topics) this.#placeAll(topic, topic.partitions);
    this.#work.go();
  }

  #placeAll(
    topic: { readonly id: string; readonly name: string },
    partitions: Iterable<readonly [number, PartitionImage]>,
  ): void {
    let settings: TopicSettings | undefined;
    this.#work.addEach(partitions, ([partition, image]) => {
      if (!image.replicas.includes(this.#deps.config.nodeId)) {
        return this.#remove(this.#table.getById(topic.id, partition));
      }
      settings ??= this.#deps.topicSettings(this.#image, topic.name);
      this.#place({ topic: topic.name, topicId: topic.id, partition, image, settings });
    });
  }

  /** Answers everybody who waits and stops fetching. The logs are the store's to close. */
  close(): Promise<void> {
    this.#closed = true;
    this.#reviewTimer?.cancel();
    this.#roomTimer?.cancel();
    this.#work.close();
    this.#fetchers.close();
    this.#isrSender.close();
    this.#directories.close();
    for (const replica of this.#table) replica.close();
    this.deadlines.close();
    return Promise.resolve();
  }

  #place(placed: PlacedPartition): void {
    const { topicId, partition, image, settings } = placed;
    let replica = this.#table.getById(topicId, partition);
    if (replica === undefined) {
      replica = this.#open(placed);
      this.#table.add(replica);
    } else {
      replica.configure(settings.log, settings.minInsyncReplicas);
    }
    const { leader, leaderEpoch, partitionEpoch, replicas, isr } = image;
    const recovering = image.leaderRecoveryState !== 0;
    replica.assign({ leader, leaderEpoch, partitionEpoch, replicas, isr, recovering });
  }

  #open(placed: PlacedPartition): Replica {
    const { config, brokerEpoch, mayLead = () => true } = this.#deps;
    const { topic, topicId, partition, settings } = placed;
    const log = this.#logs.open(placed);
    const replica = new Replica({
      topic,
      topicId,
      partition,
      log: log === 'noRoom' ? undefined : log,
      host: this.#host,
      core: {
        localId: config.nodeId,
        localEpoch: brokerEpoch,
        mayLead,
        brokers: brokersOfPartition(this.#brokers, { image: () => this.#image, topicId, partition }),
        replicaLagTimeMaxMs: config.replicaLagTimeMaxMs,
        minInsyncReplicas: settings.minInsyncReplicas,
      },
    });
    if (log === 'noRoom') this.#tryAgainLater(replica);
    return replica;
  }

  /** Without a log a replica is offline for good, so another takes its place when there may be room. */
  #tryAgainLater(withoutLog: Replica): void {
    this.#waitingForRoom.add(withoutLog);
    this.#roomTimer ??= this.#deps.world.timers.after(openRetryMs, () => {
      this.#roomTimer = undefined;
      const waiting = this.#waitingForRoom;
      this.#waitingForRoom = new Set();
      const fields = { partitions: waiting.size };
      this.#deps.logger.warn(fields, 'there was no room to make the logs of partitions; trying again');
      for (const replica of waiting) {
        const { topicId, topic, partition } = replica;
        const image = this.#image.topics.partition(topicId, partition);
        if (image === undefined) continue;
        this.#work.add(() => {
          this.#table.delete(replica);
          replica.close(ErrorCode.KAFKA_STORAGE_ERROR);
        });
        this.#placeAll({ id: topicId, name: topic }, [[partition, image]]);
      }
      this.#work.go();
    });
  }

  #remove(replica: Replica | undefined): void {
    if (replica === undefined) return;
    this.#table.delete(replica);
    replica.close();
    const log = this.#deps.store.get(replica.topic, replica.partition);
    if (log?.topicId === replica.topicId) this.#logs.delete(replica.topic, replica.partition);
  }

  #reconfigure(keys: Iterable<string>): void {
    const names = new Set<string>();
    let everything = false;
    for (const key of keys) {
      if (key.startsWith('2:')) names.add(key.slice(2));
      else if (key.startsWith('4:')) everything = true;
    }
    if (everything) for (const replica of this.#table) names.add(replica.topic);
    for (const topic of names) {
      let settings: TopicSettings | undefined;
      for (const replica of this.#table.ofTopic(topic)) {
        settings ??= this.#deps.topicSettings(this.#image, topic);
        replica.configure(settings.log, settings.minInsyncReplicas);
      }
    }
  }

  #onBrokersChanged(brokerIds: Iterable<number>): void {
    for (const id of brokerIds) this.#fetchers.onBrokerChanged(id);
    this.#tellLeaders({ type: 'brokersChanged' });
  }

  /** Every leader with followers, in parts: thousands at once would hold the loop. */
  #tellLeaders(input: PartitionInput): void {
    const leaders = [...this.#table].filter((replica) => (replica.core.leader?.followers.size ?? 0) > 0);
    for (let from = 0; from < leaders.length; from += leadersPerTask) {
      const part = leaders.slice(from, from + leadersPerTask);
      this.#work.add(() => part.forEach((replica) => replica.tell(input)));
    }
  }

  #onDirectoryOffline(directoryId: string): void {
    this.#logs.onDirectoryOffline(directoryId);
    for (const replica of this.#table) {
      if (replica.log === undefined || replica.log.directoryId === directoryId) replica.tell({ type: 'logFailed' });
    }
  }

  /** One timer for all: every leader with followers looks at its ISR each half of replica.lag.time.max.ms. */
  #scheduleReview(): void {
    this.#reviewTimer = this.#deps.world.timers.after(this.#deps.config.replicaLagTimeMaxMs / 2, () => {
      this.#tellLeaders({ type: 'tick' });
      this.#work.go();
      this.#scheduleReview();
    });
  }

  #makeHost(): ReplicaHost {
    const listeners = this.#listeners;
    return {
      clock: this.#deps.world.clock,
      onLeading: (replica) => listeners.forEach((listener) => listener.onElected(ledBy(replica, replica.leaderEpoch))),
      onFollowing: (replica, leaderId) => this.#fetchers.follow(replica, leaderId),
      onStopped: (replica, resignedEpoch) => {
        this.#fetchers.unfollow(replica);
        if (resignedEpoch >= 0) listeners.forEach((listener) => listener.onResigned(ledBy(replica, resignedEpoch)));
      },
      onIsrProposed: (replica, proposal) => this.#isrSender.send(replica, proposal),
      onReplicated: (replica, logEndOffset) => this.#fetchers.onReplicated(replica, logEndOffset),
      onLogFailed: (replica, detail) => {
        const { topic, partition } = replica;
        // On a full disk each append of each log fails, and every fetch is an attempt.
        this.#repeated.write('error', 'appendFailed', { topic, partition, detail }, 'appends to a log failed');
        this.#fetchers.onLogFailed(replica);
        this.#logs.reportIfLost(replica);
      },
    };
  }
}

function ledBy(replica: Replica, leaderEpoch: number): Parameters<LeadershipListener['onElected']>[0] {
  const { topic, topicId, partition } = replica;
  return { topic, topicId, partition, leaderEpoch };
}
