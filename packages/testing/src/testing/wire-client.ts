/**
 * A client that is nothing but the wire, for the tests of this package: numbered records to one partition with
 * acks=all, each tried until it is acknowledged; everything read back from the partition's leader.
 */
import { Chunks, createNodeWorld, silentLogger } from '@tidelog/core';
import { Connection } from '@tidelog/net';
import {
  batchesOf,
  buildBatch,
  CreateTopics,
  ErrorCode,
  Fetch,
  ListOffsets,
  Metadata,
  Produce,
  recordsOf,
  type Api,
  type RequestInputOf,
  type ResponseOf,
} from '@tidelog/protocol';
import type { TestCluster } from '../test-cluster.ts';

const requestTimeoutMs = 1500;
/** For what nobody but one broker can be asked. */
const patientTimeoutMs = 30_000;
const pause = (ms: number): Promise<void> => new Promise((done) => void setTimeout(done, ms));

export class WireClient implements Disposable {
  readonly #cluster: TestCluster;
  readonly #connections = new Map<number, Connection>();
  readonly #world = createNodeWorld();

  constructor(cluster: TestCluster) {
    this.#cluster = cluster;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections.values()) connection.close();
  }

  async send<A extends Api>(
    broker: number,
    api: A,
    request: RequestInputOf<A>,
    timeoutMs = requestTimeoutMs,
  ): Promise<ResponseOf<A>> {
    const version = api.key === Metadata.key || api.key === Produce.key ? 9 : api.key === Fetch.key ? 12 : undefined;
    const options = { timeoutMs, ...(version === undefined ? {} : { version }) };
    return await this.#connectionTo(broker).send(api, request, options);
  }

  async createTopic(name: string, { replicationFactor = 3 } = {}): Promise<void> {
    const topic = { name, numPartitions: 1, replicationFactor, assignments: [], configs: [] };
    const request = { topics: [topic], timeoutMs: 30_000, validateOnly: false };
    const response = await this.send(1, CreateTopics, request, patientTimeoutMs);
    const code = response.topics[0]?.errorCode;
    if (code !== ErrorCode.NONE) throw new Error(`creating ${name} ended with ${code}`);
    await this.leaderOf(name);
  }

  /** As the first broker that answers sees it; waits until there is one. */
  async leaderOf(name: string, { except }: { readonly except?: number } = {}): Promise<number> {
    for (;;) {
      for (const { id } of this.#cluster.brokers) {
        if (id === except || !this.#cluster.isRunning(id)) continue;
        const response = await this.send(id, Metadata, { topics: [{ name }] }).catch(() => undefined);
        const leader = response?.topics[0]?.partitions[0]?.leaderId ?? -1;
        if (leader >= 0 && leader !== except) return leader;
      }
      await pause(10);
    }
  }

  /** Tries until it is acknowledged; returns the offset. Without idempotence a repetition may be a duplicate. */
  async produce(name: string, value: string): Promise<number> {
    let leader = await this.leaderOf(name);
    for (;;) {
      const records = buildBatch({ records: [{ key: null, value: Buffer.from(value), timestamp: Date.now() }] });
      const topicData = [{ name, partitionData: [{ index: 0, records: Chunks.of(records) }] }];
      const response = await this.send(leader, Produce, { acks: -1, timeoutMs: 1000, topicData }).catch(
        () => undefined,
      );
      const answer = response?.responses[0]?.partitionResponses[0];
      if (answer?.errorCode === ErrorCode.NONE) return answer.baseOffset;
      await pause(10);
      leader = await this.leaderOf(name);
    }
  }

  /** Every committed record, as `offset=value`. Tries again while a leader that it was told of is none any more. */
  async readAll(name: string): Promise<string[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#readAllFrom(await this.leaderOf(name), name);
      } catch (error) {
        if (attempt === 50) throw error;
        await pause(100);
      }
    }
  }

  async #readAllFrom(leader: number, name: string): Promise<string[]> {
    const end = await this.#endOffset(leader, name);
    const out: string[] = [];
    for (let offset = 0; offset < end;) {
      const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20 }];
      const topics = [{ topic: name, partitions }];
      const limits = {
        maxWaitMs: 100,
        minBytes: 1,
        maxBytes: 1 << 20,
        isolationLevel: 0,
        sessionId: 0,
        sessionEpoch: -1,
      };
      const request = { replicaId: -1, ...limits, topics, forgottenTopicsData: [], rackId: '' };
      const response = await this.send(leader, Fetch, request);
      const records = response.responses[0]?.partitions[0]?.records;
      if (records === null || records === undefined) throw new Error(`${name} cannot be read at ${offset}`);
      for (const { header, bytes } of batchesOf(records)) {
        for (const record of recordsOf(bytes, header)) out.push(`${record.offset}=${record.value?.toString() ?? ''}`);
        offset = header.lastOffset + 1;
      }
    }
    return out;
  }

  async #endOffset(leader: number, name: string): Promise<number> {
    const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    const response = await this.send(leader, ListOffsets, { replicaId: -1, isolationLevel: 0, topics });
    const answer = response.topics[0]?.partitions[0];
    if (answer?.errorCode !== ErrorCode.NONE) throw new Error(`the end of ${name}: error ${answer?.errorCode}`);
    return answer.offset;
  }

  #connectionTo(broker: number): Connection {
    const known = this.#connections.get(broker);
    if (known !== undefined) return known;
    const address = this.#cluster.brokers.find(({ id }) => id === broker);
    if (address === undefined) throw new Error(`no broker ${broker}`);
    const { host, port } = address;
    const backoff = { reconnectBackoffMs: 5, reconnectBackoffMaxMs: 20 };
    const options = { world: this.#world, logger: silentLogger, host, port, clientId: 'test', ...backoff };
    const connection = new Connection(options);
    this.#connections.set(broker, connection);
    return connection;
  }
}
