/**
 * How long a producer with acks=all stands still when a node of three goes away: a clean stop and a SIGKILL of the
 * partition's leader, a SIGKILL of the active controller; and how soon three processes started from nothing acknowledge
 * a record. Beside Apache Kafka where its jars are, with fewer repetitions, because each takes it ten seconds or more.
 *
 *   node --conditions=source bench/src/failover.ts            20 of each
 *   node --conditions=source bench/src/failover.ts --quick    5 of each, Kafka 1
 *   ... --only tidelog --scenarios stop,kill
 */
import { parseArgs } from 'node:util';
import { tidelog, type Product } from './support/broker-process.ts';
import { ClusterClient, SteadyProducer } from './support/cluster-client.ts';
import { ClusterProcesses } from './support/cluster-processes.ts';
import { ensureBuilt } from './support/ensure-built.ts';
import { findKafka } from './support/kafka-jars.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    times: { type: 'string' },
    scenarios: { type: 'string', default: 'start,stop,kill,controller' },
  },
});

const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));
const failed: string[] = [];

interface Summary {
  readonly product: string;
  readonly what: string;
  readonly values: readonly number[];
  /** What p99 must stay below, in milliseconds. */
  readonly goal?: number;
}

function report({ product, what, values, goal }: Summary): void {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN);
  const reached = product !== 'tidelog' || goal === undefined || at(0.99) < goal;
  if (!reached) failed.push(what);
  const verdict = goal === undefined || product !== 'tidelog' ? '' : ` goal=${goal} reached=${reached}`;
  const figures = `n=${values.length} p50=${at(0.5)} p99=${at(0.99)} max=${at(1)}`;
  console.log(`failover product=${product} what=${what} unit=ms ${figures}${verdict}`);
}

class Run {
  readonly #cluster: ClusterProcesses;
  readonly #client: ClusterClient;
  readonly #times: number;

  constructor(cluster: ClusterProcesses, client: ClusterClient, times: number) {
    this.#cluster = cluster;
    this.#client = client;
    this.#times = times;
  }

  /** The producer's gap when the leader goes. */
  async leaderLost(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const topic = `leader-${signal.toLowerCase()}`;
    await this.#client.createTopic(topic, [1, 2, 3]);
    const producer = new SteadyProducer(this.#client, topic);
    const gaps: number[] = [];
    for (let i = 0; i < this.#times; i++) {
      const { leader } = await this.#whole([topic]);
      await producer.more(50);
      const from = performance.now();
      await this.#cluster.end(leader, signal);
      await producer.more(100);
      gaps.push(producer.longestGapSince(from));
      this.#note(`${signal} of leader ${leader}`, gaps.at(-1) ?? 0);
      this.#cluster.start(leader);
    }
    await this.#whole([topic]);
    await producer.stop();
    const [what, goal] = signal === 'SIGTERM' ? ['leader-clean-stop', 200] : ['leader-sigkill', 3000];
    report({ product: this.#cluster.name, what, values: gaps, goal });
  }

  /**
   * The gap of a producer whose partition has no replica on the controller's node, the gap of one whose partition has,
   * and the time until another controller is active.
   */
  async controllerLost(): Promise<void> {
    const beside: number[] = [];
    const across: number[] = [];
    const elected: number[] = [];
    for (let i = 0; i < this.#times; i++) {
      const controller = await this.#client.controller();
      const others = [1, 2, 3].filter((id) => id !== controller);
      const topics = [`beside-${i}`, `across-${i}`];
      await this.#client.createTopic(`beside-${i}`, others);
      await this.#client.createTopic(`across-${i}`, [...others, controller]);
      await this.#whole([`across-${i}`]);
      // A connection each: answers come in order, so one partition that waits would hold up the other.
      const clients = topics.map(() => new ClusterClient(this.#cluster));
      const producers = topics.map((topic, at) => new SteadyProducer(clients[at] ?? this.#client, topic));
      for (const producer of producers) await producer.more(50);
      const from = performance.now();
      const ended = this.#cluster.end(controller, 'SIGKILL');
      await this.#client.controller(controller);
      elected.push(performance.now() - from);
      await ended;
      for (const producer of producers) await producer.more(100);
      const [one, other] = producers.map((producer) => producer.longestGapSince(from));
      beside.push(one ?? 0);
      across.push(other ?? 0);
      this.#note(`SIGKILL of controller ${controller}: beside ${Math.round(one ?? 0)} ms, across`, other ?? 0);
      for (const producer of producers) await producer.stop();
      for (const client of clients) client[Symbol.dispose]();
      this.#cluster.start(controller);
      await this.#whole([`across-${i}`]);
    }
    const product = this.#cluster.name;
    report({ product, what: 'controller-sigkill-elects', values: elected, goal: 1500 });
    report({ product, what: 'controller-sigkill-produce-beside', values: beside, goal: 200 });
    report({ product, what: 'controller-sigkill-produce-across', values: across, goal: 3000 });
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

  #note(what: string, ms: number): void {
    console.error(`  ${this.#cluster.name}: ${what} ${Math.round(ms)} ms`);
  }
}

/** From the spawn of three processes on formatted storage to a record that all three hold. */
async function startFromNothing(product: Product, times: number): Promise<void> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    await using cluster = await ClusterProcesses.prepare(product);
    using client = new ClusterClient(cluster);
    const from = performance.now();
    for (const { id } of cluster.nodes) cluster.start(id);
    await client.createTopic('first', [1, 2, 3]);
    const producer = new SteadyProducer(client, 'first');
    await producer.more(1);
    took.push((producer.acknowledgedAt[0] ?? 0) - from);
    await producer.stop();
  }
  report({ product: product.name, what: 'three-brokers-to-first-ack', values: took, goal: 1500 });
}

async function measure(product: Product, times: number): Promise<void> {
  const scenarios = flags.scenarios.split(',');
  if (scenarios.includes('start')) await startFromNothing(product, Math.min(times, 5));
  await using cluster = await ClusterProcesses.prepare(product);
  using client = new ClusterClient(cluster);
  for (const { id } of cluster.nodes) cluster.start(id);
  const run = new Run(cluster, client, times);
  if (scenarios.includes('stop')) await run.leaderLost('SIGTERM');
  if (scenarios.includes('kill')) await run.leaderLost('SIGKILL');
  if (scenarios.includes('controller')) await run.controllerLost();
}

ensureBuilt();
const times = Number(flags.times ?? (flags.quick ? 5 : 20));
if (flags.only !== 'kafka') await measure(tidelog, times);
const kafka = findKafka();
if ('missing' in kafka) console.log(`failover product=kafka skipped="${kafka.missing}"`);
else if (flags.only !== 'tidelog') await measure({ name: 'kafka', jars: kafka }, flags.quick ? 1 : 5);
if (failed.length > 0) {
  console.error(`not reached: ${failed.join(', ')}`);
  process.exitCode = 1;
}
