/**
 * How long a producer with acks=all stands still when a node of three goes away: a clean stop and a SIGKILL of the
 * partition's leader, a SIGKILL of the active controller. Beside Apache Kafka, with fewer repetitions, because each
 * takes it ten seconds or more. The figure is the 99th percentile, which of up to a hundred is the longest.
 */
import type { Product } from '../support/broker-process.ts';
import { ClusterClient, SteadyProducer } from '../support/cluster-client.ts';
import { ClusterProcesses } from '../support/cluster-processes.ts';
import { atMost, figureOf, type Figure } from '../support/figure.ts';
import type { Part, PartContext } from '../support/part.ts';
import { pause } from '../support/pause.ts';
import { waitedMs } from '../support/process-facts.ts';
import { products, Turns } from '../support/products.ts';

/** How often each node is lost per round. */
const timesPerRound: Readonly<Record<Product['name'], number>> = { tidelog: 4, kafka: 1 };

const gaps = [
  { name: 'leader stopped: longest gap of a producer', mostMs: 200 },
  { name: 'leader killed: longest gap of a producer', mostMs: 3000 },
  { name: 'controller killed: another elected', mostMs: 1500 },
  { name: 'controller killed: gap where it has no replica', mostMs: 200 },
  { name: 'controller killed: gap where it has one', mostMs: 3000 },
] as const;

type Gap = (typeof gaps)[number]['name'];

interface Sample {
  readonly gap: Gap;
  readonly ms: number;
}

export const failover: Part = {
  name: 'failover',
  about: 'how long a producer with acks=all stands still when one of three nodes is stopped or killed',
  async run(context) {
    const turns = new Turns<Sample>();
    for (const product of products(context, 'failover')) {
      await using cluster = await ClusterProcesses.prepare(product);
      for (const { id } of cluster.nodes) cluster.start(id);
      using losses = new Losses(cluster, context, (sample) => turns.add(product.name, sample));
      await losses.ofLeader('SIGTERM');
      await losses.ofLeader('SIGKILL');
      await losses.ofController();
    }
    return gaps.map(({ name, mostMs }) => figureOfGap(turns, name, mostMs));
  },
};

function figureOfGap(turns: Turns<Sample>, gap: Gap, mostMs: number): Figure {
  const of = (samples: readonly Sample[] | undefined): readonly number[] | undefined =>
    samples?.filter((sample) => sample.gap === gap).map(({ ms }) => ms);
  const theirs = of(turns.samples.get('kafka'));
  return figureOf({
    part: 'failover',
    name: gap,
    unit: 'ms',
    values: of(turns.samples.get('tidelog')) ?? [],
    against: theirs && { name: 'Apache Kafka', values: theirs },
    goals: atMost(mostMs),
    quantile: 0.99,
  });
}

class Losses implements Disposable {
  readonly #cluster: ClusterProcesses;
  readonly #client: ClusterClient;
  readonly #context: PartContext;
  readonly #add: (sample: Sample) => void;

  constructor(cluster: ClusterProcesses, context: PartContext, add: (sample: Sample) => void) {
    this.#cluster = cluster;
    this.#client = new ClusterClient(cluster);
    this.#context = context;
    this.#add = add;
  }

  [Symbol.dispose](): void {
    this.#client[Symbol.dispose]();
  }

  /** The producer's gap when the leader goes. */
  async ofLeader(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const topic = `leader-${signal.toLowerCase()}`;
    const gap = signal === 'SIGTERM' ? gaps[0].name : gaps[1].name;
    await this.#client.createTopic(topic, [1, 2, 3]);
    const producer = new SteadyProducer(this.#client, topic);
    for (let i = 0; i < this.#times; i++) {
      const { leader } = await this.#whole([topic]);
      await producer.more(50);
      const others = this.#cluster.nodes.filter(({ id }) => id !== leader).map(({ id }) => this.#cluster.pid(id));
      const waitedBefore = others.map(waitedMs);
      const from = performance.now();
      await this.#cluster.end(leader, signal);
      await producer.more(100);
      const waited = others.map((pid, i) => waitedMs(pid) - (waitedBefore[i] ?? 0));
      // Of a JVM the main thread says nothing.
      const detail = `; the others waited ${Math.round(Math.max(...waited))} ms for a processor meanwhile`;
      this.#report(gap, producer.longestGapSince(from), this.#cluster.name === 'tidelog' ? detail : '');
      this.#cluster.start(leader);
    }
    await this.#whole([topic]);
    await producer.stop();
  }

  /**
   * The gap of a producer whose partition has no replica on the controller's node, the gap of one whose partition has,
   * and the time until another controller is active.
   */
  async ofController(): Promise<void> {
    for (let i = 0; i < this.#times; i++) {
      const controller = await this.#client.controller();
      const others = [1, 2, 3].filter((id) => id !== controller);
      const topics = [`beside-${i}`, `across-${i}`];
      await this.#client.createTopic(`beside-${i}`, others);
      await this.#client.createTopic(`across-${i}`, [...others, controller]);
      await this.#whole([`across-${i}`]);
      await this.#loseController(controller, topics);
      this.#cluster.start(controller);
      await this.#whole([`across-${i}`]);
    }
  }

  async #loseController(controller: number, topics: readonly string[]): Promise<void> {
    // A connection each: answers come in order, so one partition that waits would hold up the other.
    const clients = topics.map(() => new ClusterClient(this.#cluster));
    const producers = topics.map((topic, at) => new SteadyProducer(clients[at] ?? this.#client, topic));
    for (const producer of producers) await producer.more(50);
    const from = performance.now();
    const ended = this.#cluster.end(controller, 'SIGKILL');
    await this.#client.controller(controller);
    this.#report(gaps[2].name, performance.now() - from);
    await ended;
    for (const producer of producers) await producer.more(100);
    const [beside = Number.NaN, across = Number.NaN] = producers.map((producer) => producer.longestGapSince(from));
    this.#report(gaps[3].name, beside);
    this.#report(gaps[4].name, across);
    for (const producer of producers) await producer.stop();
    for (const client of clients) client[Symbol.dispose]();
  }

  /** Waits until every replica is in sync and the cluster is at rest. */
  async #whole(topics: readonly string[]): Promise<{ leader: number }> {
    for (;;) {
      const places = await Promise.all(topics.map((topic) => this.#client.place(topic)));
      const [first] = places;
      const whole = places.every(({ leader, inSyncReplicas }) => leader >= 0 && inSyncReplicas.length === 3);
      if (whole && first !== undefined) {
        await pause(300);
        return { leader: first.leader };
      }
      await pause(20);
    }
  }

  get #times(): number {
    return this.#context.rounds * timesPerRound[this.#cluster.name];
  }

  #report(gap: Gap, ms: number, detail = ''): void {
    this.#context.note(`${this.#cluster.name}, ${gap}: ${Math.round(ms)} ms${detail}`);
    this.#add({ gap, ms });
  }
}
