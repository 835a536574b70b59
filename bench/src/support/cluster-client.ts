/** A wire client of a whole cluster: asks whichever broker answers, follows leaders, and produces at a steady pace. */
import { Chunks, createNodeWorld, silentLogger } from '@tidelog/core';
import { Connection } from '@tidelog/net';
import {
  buildBatch,
  CreateTopics,
  DescribeQuorum,
  ErrorCode,
  Metadata,
  Produce,
  type Api,
  type RequestInputOf,
  type ResponseOf,
} from '@tidelog/protocol';
import type { ClusterProcesses } from './cluster-processes.ts';
import { pause } from './pause.ts';

const retryMs = 10;
/** Where a partition is; leader -1 for none. */
export interface PartitionPlace {
  readonly leader: number;
  readonly inSyncReplicas: readonly number[];
}

export class ClusterClient implements Disposable {
  readonly #cluster: ClusterProcesses;
  readonly #connections = new Map<number, Connection>();
  readonly #world = createNodeWorld();

  constructor(cluster: ClusterProcesses) {
    this.#cluster = cluster;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  async send<A extends Api>(
    node: number,
    api: A,
    request: RequestInputOf<A>,
    options: { readonly version?: number; readonly timeoutMs?: number } = {},
  ): Promise<ResponseOf<A>> {
    return await this.#connectionTo(node).send(api, request, { timeoutMs: 1000, ...options });
  }

  /** Creates a topic of one partition on these nodes, the first of them its preferred leader. */
  async createTopic(name: string, brokerIds: readonly number[]): Promise<void> {
    const assignments = [{ partitionIndex: 0, brokerIds: [...brokerIds] }];
    const topic = { name, numPartitions: -1, replicationFactor: -1, assignments, configs: [] };
    const request = { topics: [topic], timeoutMs: 30_000, validateOnly: false };
    await this.#untilDone(async (node) => {
      // Not for long: a broker that is starting may keep a request, and another answers it meanwhile.
      const response = await this.send(node, CreateTopics, request, { version: 5, timeoutMs: 5000 });
      const code = response.topics[0]?.errorCode;
      return code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS ? true : undefined;
    });
  }

  /** As the first node but `except` that answers sees it. */
  async place(name: string, except = -1): Promise<PartitionPlace> {
    return await this.#untilDone(async (node) => {
      if (node === except) return undefined;
      const response = await this.send(node, Metadata, { topics: [{ name }] }, { version: 9, timeoutMs: 300 });
      const partition = response.topics[0]?.partitions[0];
      return partition && { leader: partition.leaderId, inSyncReplicas: partition.isrNodes };
    });
  }

  /** The active controller, asked for through any broker but `except`. */
  async controller(except = -1): Promise<number> {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
    return await this.#untilDone(async (node) => {
      if (node === except) return undefined;
      const response = await this.send(node, DescribeQuorum, { topics }, { timeoutMs: 300 });
      const leader = response.topics[0]?.partitions[0]?.leaderId ?? -1;
      return leader >= 0 && leader !== except ? leader : undefined;
    });
  }

  /** One record with acks=all; true when it was acknowledged. */
  async produce(node: number, name: string, value: Buffer): Promise<boolean> {
    const records = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }] });
    const topicData = [{ name, partitionData: [{ index: 0, records: Chunks.of(records) }] }];
    const request = { acks: -1, timeoutMs: 20_000, topicData };
    const response = await this.send(node, Produce, request, { version: 9, timeoutMs: 20_000 });
    return response.responses[0]?.partitionResponses[0]?.errorCode === ErrorCode.NONE;
  }

  async #untilDone<T>(attempt: (node: number) => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + 120_000;
    while (performance.now() < deadline) {
      for (const { id } of this.#cluster.nodes) {
        const result = await attempt(id).catch(() => undefined);
        if (result !== undefined) return result;
      }
      await pause(retryMs);
    }
    throw new Error('the cluster did not answer within two minutes');
  }

  #connectionTo(id: number): Connection {
    let connection = this.#connections.get(id);
    if (connection === undefined) {
      const { port } = this.#cluster.node(id);
      const backoff = { reconnectBackoffMs: 5, reconnectBackoffMaxMs: 10 };
      const options = { world: this.#world, logger: silentLogger, host: '127.0.0.1', port, clientId: 'bench' };
      this.#connections.set(id, (connection = new Connection({ ...options, ...backoff })));
    }
    return connection;
  }
}

/** Produces one record after the other and remembers when each was acknowledged. */
export class SteadyProducer {
  readonly acknowledgedAt: number[] = [];
  readonly #client: ClusterClient;
  readonly #topic: string;
  readonly #done: Promise<void>;
  #stopped = false;

  constructor(client: ClusterClient, topic: string) {
    this.#client = client;
    this.#topic = topic;
    this.#done = this.#run();
  }

  /** The longest time without an acknowledgement since then, up to now. */
  longestGapSince(from: number): number {
    const after = this.acknowledgedAt.filter((at) => at >= from);
    const before = this.acknowledgedAt.findLast((at) => at < from) ?? from;
    let gap = 0;
    let last = before;
    for (const at of [...after, performance.now()]) {
      gap = Math.max(gap, at - last);
      last = at;
    }
    return gap;
  }

  /** Waits for so many more acknowledgements. */
  async more(count: number): Promise<void> {
    const until = this.acknowledgedAt.length + count;
    while (this.acknowledgedAt.length < until) await pause(5);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #run(): Promise<void> {
    const value = Buffer.alloc(100, 'x');
    let leader = (await this.#client.place(this.#topic)).leader;
    while (!this.#stopped) {
      const acknowledged = leader >= 0 && (await this.#client.produce(leader, this.#topic, value).catch(() => false));
      if (acknowledged) {
        this.acknowledgedAt.push(performance.now());
        await pause(2);
      } else {
        await pause(retryMs);
        leader = (await this.#client.place(this.#topic, leader)).leader;
      }
    }
  }
}
