/** The clients of a run: producers and consumers on every partition, and the operator. */
import type { SeededRandom } from '@tidelog/core';
import type { Codec } from '@tidelog/protocol';
import { rackOf } from '../cluster/settings.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import { PartitionHistory } from '../oracle/partition-history.ts';
import { Admin } from './admin.ts';
import { SimClient } from './sim-client.ts';
import { SimConsumer } from './sim-consumer.ts';
import { SimProducer } from './sim-producer.ts';
import { VoterKeeper } from './voter-keeper.ts';

const topic = 'load';
const producers = 2;
const consumers = 2;

export class Workload {
  readonly admin: Admin;
  readonly histories = new Map<string, PartitionHistory>();
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  readonly #producers: SimProducer[] = [];
  readonly #consumers: SimConsumer[] = [];
  readonly #voterKeeper: VoterKeeper | undefined;
  #clients = 0;

  constructor(cluster: SimCluster, random: SeededRandom) {
    this.#cluster = cluster;
    this.#random = random;
    this.admin = new Admin(this.#client(), { settings: cluster.settings, topics: [topic] });
    const { partitions } = cluster.settings;
    for (let partition = 0; partition < partitions; partition++) {
      const name = `${topic}-${partition}`;
      this.histories.set(name, new PartitionHistory(cluster, topic, partition));
    }
    for (let i = 0; i < producers; i++) this.#addProducers(i);
    for (let i = 0; i < consumers; i++) this.#addConsumers(rackOf(i, cluster.settings));
    // Where controllers join by themselves there is nothing to do for an operator.
    const { quorum } = cluster.settings;
    const needsKeeper = quorum === 'dynamic' || quorum === 'raised';
    if (needsKeeper) this.#voterKeeper = new VoterKeeper(this.#client(), cluster);
  }

  get acknowledged(): number {
    let sum = 0;
    for (const history of this.histories.values()) sum += history.acknowledgedCount;
    return sum;
  }

  /** Begins; the answer says whether they are there. */
  createTopics(): () => boolean {
    let done = false;
    this.admin.createTopics(() => (done = true));
    return () => done;
  }

  start(): void {
    for (const client of [...this.#producers, ...this.#consumers]) client.start();
    this.#voterKeeper?.start();
  }

  /** From now on: the answer says whether every producer has had an acknowledgement since. */
  progress(): () => boolean {
    const before = this.#producers.map((producer) => producer.acknowledgedBatches);
    return () => this.#producers.every((producer, i) => producer.acknowledgedBatches > (before[i] ?? 0) + 1);
  }

  stopProducing(): void {
    for (const producer of this.#producers) producer.stop();
  }

  allAcknowledged(): boolean {
    return this.#producers.every((producer) => producer.isIdle);
  }

  /** Consumers are where the leaders' logs end. */
  allRead(): boolean {
    return this.#consumers.every((consumer) => consumer.position === this.#endOf(consumer.partition));
  }

  #endOf(partition: number): number {
    for (const node of this.#cluster.nodes) {
      const replica = node.node?.broker?.broker.replicas.get(topic, partition);
      if (replica?.role === 'leader') return replica.logEndOffset;
    }
    return -1;
  }

  #addProducers(index: number): void {
    const client = this.#client();
    const codecs: readonly Codec[] = ['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'];
    const codec = codecs[this.#random.below(codecs.length)] ?? 'none';
    const intervalMs = 120 * 8 ** this.#random.next();
    const maxInFlight = 1 + this.#random.below(5);
    for (let partition = 0; partition < this.#cluster.settings.partitions; partition++) {
      const producer = new SimProducer({
        client,
        topic,
        partition,
        intervalMs,
        maxInFlight,
        codec,
        name: `p${index}-${partition}`,
        history: this.#historyOf(partition),
        // The last one is plain, in half of the seeds.
        idempotent: index < producers - 1 || this.#random.next() < 0.5,
      });
      this.#producers.push(producer);
    }
  }

  #addConsumers(rack: string): void {
    const client = this.#client();
    for (let partition = 0; partition < this.#cluster.settings.partitions; partition++) {
      const toleratesRot = (): boolean => this.#cluster.rot !== undefined;
      const history = this.#historyOf(partition);
      this.#consumers.push(new SimConsumer({ client, topic, partition, history, rack, toleratesRot }));
    }
  }

  #historyOf(partition: number): PartitionHistory {
    const name = `${topic}-${partition}`;
    const history = this.histories.get(name);
    if (history === undefined) throw new Error(`no partition ${name}`);
    return history;
  }

  #client(): SimClient {
    const { scheduler, fabric, settings } = this.#cluster;
    return new SimClient({
      scheduler,
      fabric,
      random: this.#random.fork(),
      id: ++this.#clients,
      brokers: settings.brokers,
      topics: [topic],
    });
  }
}
