/**
 * A real cluster inside the test process: every node is a broker and a controller of its own over real sockets on free
 * ports and a temporary directory. Nothing is mocked; what differs from `tidelog server` is that a node can be killed,
 * paused and cut off without ending the process.
 *
 *   await using cluster = await createCluster({ brokers: 3 });
 *   const producer = connect(cluster.bootstrap);
 *   cluster.kill(1);
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeRandom, randomUuid } from '@tidelog/core';
import { freePorts } from './free-ports.ts';
import { Links } from './links.ts';
import { TestNode, type LogLine } from './test-node.ts';

export interface ClusterOptions {
  /** How many nodes, with the ids 1 to that; 3 when not given. */
  readonly brokers?: number;
  /** Settings of every node, under Kafka's keys. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** What the nodes log; dropped when not given. */
  readonly onLog?: (line: LogLine) => void;
}

export interface BrokerAddress {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

const host = '127.0.0.1';

/** Starts a cluster and resolves when all its brokers serve. */
export async function createCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { brokers: count = 3, settings = {}, onLog = () => undefined } = options;
  const ports = await freePorts(count * 2);
  const directory = mkdtempSync(join(tmpdir(), 'tidelog-testing-'));
  const brokers = Array.from({ length: count }, (_, i) => ({ id: i + 1, host, port: ports[i] ?? 0 }));
  const controllerPort = (id: number): number => ports[count + id - 1] ?? 0;
  const links = new Links(new Map(brokers.flatMap(({ id, port }) => [[port, id] as const, [controllerPort(id), id]])));
  const voters = brokers.map(({ id }) => `${id}@${host}:${controllerPort(id)}`).join(',');
  const clusterId = randomUuid(new NodeRandom());
  const nodes = brokers.map(({ id, port }) => {
    const texts = {
      ...defaultSettings(count),
      'node.id': id,
      listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort(id)}`,
      'controller.quorum.voters': voters,
      'log.dirs': join(directory, `node-${id}`),
      ...settings,
    };
    const properties = new Map(Object.entries(texts).map(([key, value]) => [key, String(value)]));
    return new TestNode({ nodeId: id, texts: properties, clusterId, links, onLog });
  });
  const cluster = new TestCluster({ brokers, clusterId, directory, nodes, links });
  try {
    await Promise.all(nodes.map((node) => node.start()));
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
  return cluster;
}

/** As `npm start` sets them, and without the waiting that only helps when people start things by hand. */
function defaultSettings(brokers: number): Record<string, string | number> {
  const replication = Math.min(3, brokers);
  const minInSync = Math.max(1, replication - 1);
  return {
    'process.roles': 'broker,controller',
    'controller.listener.names': 'CONTROLLER',
    'http.listeners': '',
    'default.replication.factor': replication,
    'min.insync.replicas': minInSync,
    'offsets.topic.replication.factor': replication,
    'transaction.state.log.replication.factor': replication,
    'transaction.state.log.min.isr': minInSync,
    'group.initial.rebalance.delay.ms': 0,
  };
}

interface TestClusterParts {
  readonly brokers: readonly BrokerAddress[];
  readonly clusterId: string;
  readonly directory: string;
  readonly nodes: readonly TestNode[];
  readonly links: Links;
}

export class TestCluster implements AsyncDisposable {
  readonly brokers: readonly BrokerAddress[];
  readonly clusterId: string;
  /** Where the nodes keep their data, each under `node-<id>`; removed at the end. */
  readonly directory: string;
  readonly #nodes: readonly TestNode[];
  readonly #links: Links;

  constructor({ brokers, clusterId, directory, nodes, links }: TestClusterParts) {
    this.brokers = brokers;
    this.clusterId = clusterId;
    this.directory = directory;
    this.#nodes = nodes;
    this.#links = links;
  }

  /** For `bootstrap.servers`. */
  get bootstrap(): string {
    return this.brokers.map((broker) => `${broker.host}:${broker.port}`).join(',');
  }

  /** The active controller as most of the running nodes know it; undefined during an election. */
  get controllerId(): number | undefined {
    const votes = new Map<number, number>();
    for (const { running } of this.#nodes) {
      const leaderId = running?.raft.state().leaderId ?? -1;
      if (leaderId >= 0) votes.set(leaderId, (votes.get(leaderId) ?? 0) + 1);
    }
    return [...votes].toSorted(([, a], [, b]) => b - a)[0]?.[0];
  }

  isRunning(id: number): boolean {
    return this.#node(id).running !== undefined;
  }

  /** As SIGKILL: the node is gone at once. What it has written is still in its directory. */
  kill(id: number): void {
    this.#node(id).kill();
  }

  /** As SIGTERM: the node leaves in good order. */
  async stop(id: number): Promise<void> {
    await this.#node(id).stop();
  }

  /** Starts a node that was killed or stopped; resolves when it serves again. */
  async restart(id: number): Promise<void> {
    const node = this.#node(id);
    if (node.running !== undefined) await node.stop();
    await node.start();
  }

  /** As SIGSTOP: the node stands still with its connections open. */
  pause(id: number): void {
    this.#node(id).pause();
  }

  resume(id: number): void {
    this.#node(id).resume();
  }

  /** Cuts the nodes of one side off from those of the other, in both directions. Clients still reach all of them. */
  partition(some: readonly number[], others: readonly number[]): void {
    this.#links.cut(some, others);
  }

  /** Mends every cut; what was sent meanwhile arrives. */
  heal(): void {
    this.#links.heal();
  }

  /** Ends all nodes at once and removes what they wrote. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#links.heal();
    for (const node of this.#nodes) node.kill();
    // Operations that were under way in the thread pool may still make files.
    await new Promise((done) => void setImmediate(done));
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  }

  #node(id: number): TestNode {
    const node = this.#nodes.find(({ nodeId }) => nodeId === id);
    if (node === undefined) throw new Error(`the cluster has the nodes 1 to ${this.#nodes.length}, not ${id}`);
    return node;
  }
}
