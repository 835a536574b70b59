/**
 * The groups of a run: what they read, a topic that grows while they read it, and the operator who lets it grow and
 * moves the coordinators about.
 */
import type { SeededRandom } from '@tidelog/core';
import { CreatePartitions, CreateTopics, ErrorCode } from '@tidelog/protocol';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { PartitionHistory } from '../oracle/partition-history.ts';
import { Admin } from '../workload/admin.ts';
import { SimClient } from '../workload/sim-client.ts';
import { SimProducer } from '../workload/sim-producer.ts';
import { Coordinators } from './coordinators.ts';
import { coordinatorPartitions, mostPartitions, offsetsTopic, sharedTopic } from './group-settings.ts';
import { SimGroup } from './sim-group.ts';

/** Far from the numbers of the other clients. */
const firstClient = 100;
const firstPartitions = 3;
const meanMs = 9000;

export class GroupWorkload {
  readonly histories = new Map<string, PartitionHistory>();
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  readonly #operator: SimClient;
  readonly #admin: Admin;
  readonly #load: SimClient;
  readonly #groups: readonly SimGroup[];
  readonly #producers: SimProducer[] = [];
  #clients = 0;
  #isTroubled = true;
  #isGrowing = false;

  constructor(cluster: SimCluster, random: SeededRandom) {
    this.#cluster = cluster;
    this.#random = random;
    this.#operator = this.#newClient();
    this.#load = this.#newClient();
    const settings = { ...cluster.settings, partitions: firstPartitions };
    this.#admin = new Admin(this.#operator, { settings, topics: [sharedTopic] });
    const coordinators = new Coordinators(cluster);
    this.#groups = cluster.settings.groups.map((kind, i) => {
      return new SimGroup({
        cluster,
        kind,
        coordinators,
        random: random.fork(),
        groupId: `g${i}-${kind}`,
        records: (partition) => this.#historyOf(partition),
        newClient: () => this.#newClient(),
      });
    });
  }

  /** Begins; the answer says whether the topic is there. */
  createTopics(): () => boolean {
    let missing = 2;
    if (this.#groups.length === 0) return () => true;
    this.#admin.createTopics(() => missing--);
    this.#operator.spawn(async () => {
      await this.#createOffsetsTopic();
      missing--;
    });
    return () => missing === 0;
  }

  start(): void {
    if (this.#groups.length === 0) return;
    this.#load.spawn(async () => {
      for (;;) {
        await this.#load.refresh();
        while (this.#producers.length < this.#load.partitionsOf(sharedTopic)) this.#addProducer();
        await this.#load.sleep(500);
      }
    });
    for (const group of this.#groups) group.start();
    this.#next();
  }

  heal(): void {
    this.#isTroubled = false;
    for (const group of this.#groups) group.heal();
  }

  stopProducing(): void {
    for (const producer of this.#producers) producer.stop();
  }

  allAcknowledged(): boolean {
    return this.#producers.every((producer) => producer.isIdle);
  }

  /** The topic grows no more, and every partition of it has one owner in every group. */
  allShared(): boolean {
    return this.#all((group, partitions) => group.isShared(partitions));
  }

  /** And nothing is to come that would change that. */
  allAtRest(): boolean {
    return this.#all((group, partitions) => group.isAtRest(partitions));
  }

  /** Every partition has one owner in every group, at rest or not. */
  allOwned(): boolean {
    return this.#all((group, partitions) => group.isOwned(partitions));
  }

  /** Every group was given everything up to where the leaders' logs end. */
  allDelivered(): boolean {
    return this.#producers.every((_, partition) => {
      const end = this.#endOf(partition);
      return this.#groups.every(({ history }) => history.delivery.endOf(partition) === end);
    });
  }

  describe(): string {
    return this.#groups.map((group) => group.describe()).join('\n');
  }

  /** As the first group would have it, but with segments small enough to be rolled and compacted all the time. */
  async #createOffsetsTopic(): Promise<void> {
    const segmentBytes = [1_073_741_824, 20_000, 4000][this.#random.below(3)];
    const configs = [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'internal.segment.bytes', value: String(segmentBytes) },
    ];
    const topic = { name: offsetsTopic, numPartitions: coordinatorPartitions, replicationFactor: 3, assignments: [] };
    for (;;) {
      const response = await this.#operator.ask(CreateTopics, { topics: [{ ...topic, configs }], timeoutMs: 4000 });
      const error = response?.topics[0]?.errorCode;
      if (error === ErrorCode.NONE || error === ErrorCode.TOPIC_ALREADY_EXISTS) return;
      await this.#operator.sleep(300);
    }
  }

  #all(holds: (group: SimGroup, partitions: number) => boolean): boolean {
    if (this.#groups.length === 0) return true;
    if (this.#isGrowing) return false;
    const partitions = this.#partitions();
    return partitions === this.#producers.length && this.#groups.every((group) => holds(group, partitions));
  }

  #partitions(): number {
    let most = 0;
    for (const node of this.#cluster.nodes) {
      const topic = node.node?.broker?.broker.replicas.image.topics.get(sharedTopic);
      most = Math.max(most, topic?.partitions.size ?? 0);
    }
    return most;
  }

  #endOf(partition: number): number {
    for (const node of this.#cluster.nodes) {
      const replica = node.node?.broker?.broker.replicas.get(sharedTopic, partition);
      if (replica?.role === 'leader') return replica.logEndOffset;
    }
    return -1;
  }

  #next(): void {
    const { scheduler } = this.#cluster;
    scheduler.after(-Math.log(1 - this.#random.next()) * meanMs, undefined, 'group', () => {
      if (!this.#isTroubled) return;
      const dice = this.#random.next();
      if (dice < 0.35) this.#grow();
      else if (dice < 0.8) this.#moveCoordinator();
      else this.#admin.electPreferred();
      this.#next();
    });
  }

  #grow(): void {
    const count = this.#partitions() + 1;
    // While no node is up nobody knows how many there are.
    if (this.#isGrowing || count <= firstPartitions || count > mostPartitions) return;
    this.#isGrowing = true;
    this.#cluster.note(`the topic "${sharedTopic}" grows to ${count} partitions`);
    this.#operator.spawn(async () => {
      const topics = [{ name: sharedTopic, count, assignments: null }];
      for (;;) {
        const response = await this.#operator.ask(CreatePartitions, { topics, timeoutMs: 4000, validateOnly: false });
        const error = response?.results[0]?.errorCode;
        // The second is what a repetition is told.
        if (error === ErrorCode.NONE || error === ErrorCode.INVALID_PARTITIONS) break;
        await this.#operator.sleep(300);
      }
      this.#isGrowing = false;
    });
  }

  /** Another order of the replicas: another one leads when the preferred leaders are elected. */
  #moveCoordinator(): void {
    const ids = this.#cluster.nodes.map(({ id }) => id);
    const first = this.#random.below(ids.length);
    const replicas = [...ids.slice(first), ...ids.slice(0, first)].slice(0, 3);
    const partition = this.#random.below(coordinatorPartitions);
    this.#cluster.note(`${offsetsTopic}-${partition} moves to nodes ${replicas.join(', ')}`);
    this.#admin.reassign({ topic: offsetsTopic, partition, replicas });
    this.#cluster.scheduler.after(1000 + 2000 * this.#random.next(), undefined, 'group', () => {
      this.#admin.electPreferred();
    });
  }

  #addProducer(): void {
    const partition = this.#producers.length;
    const name = `${sharedTopic}-${partition}`;
    const history = new PartitionHistory(this.#cluster, sharedTopic, partition);
    this.histories.set(name, history);
    const producer = new SimProducer({
      client: this.#load,
      name: `s${partition}`,
      topic: sharedTopic,
      partition,
      history,
      idempotent: true,
      // The first batches of a new partition may not overtake each other: its leader knows no sequence yet.
      maxInFlight: 1,
      intervalMs: 700,
      codec: 'none',
    });
    this.#producers.push(producer);
    producer.start();
  }

  #historyOf(partition: number): PartitionHistory | undefined {
    return this.histories.get(`${sharedTopic}-${partition}`);
  }

  #newClient(): SimClient {
    const { scheduler, fabric, settings } = this.#cluster;
    return new SimClient({
      scheduler,
      fabric,
      random: this.#random.fork(),
      id: firstClient + this.#clients++,
      brokers: settings.brokers,
      topics: [sharedTopic],
    });
  }
}
