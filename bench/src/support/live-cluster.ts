/** Three running nodes with a connection to each: who is there, who is the active controller, who was killed. */
import type { Connection } from '@tidelog/net';
import { CreateTopics, DescribeQuorum, ErrorCode, errorName, Metadata } from '@tidelog/protocol';
import type { Product } from './broker-process.ts';
import { connectTo } from './client.ts';
import { ClusterProcesses, type NodeProcess } from './cluster-processes.ts';
import { pause } from './pause.ts';

export interface LiveNode extends NodeProcess {
  readonly connection: Connection;
}

export interface QuorumView {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

export class LiveCluster implements AsyncDisposable {
  readonly #processes: ClusterProcesses;
  readonly #running = new Map<number, LiveNode>();

  private constructor(processes: ClusterProcesses) {
    this.#processes = processes;
  }

  /** Resolves when each of the three knows of all. */
  static async start(product: Product, settings: Readonly<Record<string, string | number>> = {}) {
    const cluster = new LiveCluster(await ClusterProcesses.prepare(product, settings));
    for (const node of cluster.#processes.nodes) {
      cluster.#processes.start(node.id);
      cluster.#running.set(node.id, { ...node, connection: connectTo(node.port) });
    }
    try {
      await cluster.#untilTogether();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  get name(): Product['name'] {
    return this.#processes.name;
  }

  get running(): readonly LiveNode[] {
    return [...this.#running.values()];
  }

  get first(): LiveNode {
    const [first] = this.running;
    if (first === undefined) throw new Error('no node runs');
    return first;
  }

  get bootstrap(): string {
    return this.running.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  pid(id: number): number {
    return this.#processes.pid(id);
  }

  async quorum(): Promise<QuorumView> {
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }];
    const response = await this.first.connection.send(DescribeQuorum, { topics }, { version: 1 });
    const partition = response.topics[0]?.partitions[0];
    return { leaderId: partition?.leaderId ?? -1, leaderEpoch: partition?.leaderEpoch ?? -1 };
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(id: number): Promise<void> {
    this.#running.get(id)?.connection.close();
    this.#running.delete(id);
    await this.#processes.end(id, 'SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { connection } of this.running) connection.close();
    await this.#processes[Symbol.asyncDispose]();
  }

  async #untilTogether(): Promise<void> {
    const deadline = performance.now() + 180_000;
    for (const { connection } of this.running) {
      while ((await brokersSeen(connection)).length < this.running.length) {
        if (performance.now() > deadline) throw new Error(`three ${this.name} brokers did not find each other`);
        await pause(20);
      }
    }
  }
}

/** The brokers that are there, as the one at this connection sees it; none when it does not answer. */
export async function brokersSeen(connection: Connection): Promise<readonly number[]> {
  const request = { topics: [], allowAutoTopicCreation: false };
  const seen = await connection.send(Metadata, request, { version: 9, timeoutMs: 5000 }).catch(() => undefined);
  return seen?.brokers.map(({ nodeId }) => nodeId) ?? [];
}

/** A topic with three replicas. */
export async function createReplicated(connection: Connection, name: string, numPartitions: number): Promise<void> {
  const topics = [{ name, numPartitions, replicationFactor: 3, assignments: [], configs: [] }];
  const request = { topics, timeoutMs: 60_000, validateOnly: false };
  const response = await connection.send(CreateTopics, request, { version: 5, timeoutMs: 60_000 });
  const errorCode = response.topics[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (errorCode !== ErrorCode.NONE) throw new Error(`topic ${name}: ${errorName(errorCode)}`);
}
