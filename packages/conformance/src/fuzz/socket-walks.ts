/**
 * Walks over a broker's socket: each is a connection of its own that does what a client does, in an order of its own
 * (versions, metadata, produce, fetch, offsets, groups, transactions, admin), spoilt on the way: requests mutated, cut
 * anywhere, sent a few bytes at a time, pipelined, left unread, hung up on. A walk is made from the seed and its number
 * alone, so that one can be replayed.
 */
import { Chunks, must, SeededRandom } from '@tidelog/core';
import {
  apis,
  ApiVersions,
  buildBatch,
  CreateTopics,
  Fetch,
  loadFuzzTools,
  Metadata,
  Produce,
  ProtocolError,
  type Api,
  type FuzzTools,
} from '@tidelog/protocol';
import { RawClient, requestFrame, sleep } from '../support/raw-client.ts';

/** They work as they should when an administrator sends them, and the broker is gone or frozen then. */
const leftOut = new Set(['UnregisterBroker', 'RemoveRaftVoter', 'AddRaftVoter', 'UpdateFeatures', 'AlterClientQuotas']);
/** How long a walk waits for an answer before it goes on. */
const patienceMs = 50;
const topic = 'fuzz';

export class SocketWalks {
  readonly #port: number;
  readonly #seed: number;
  readonly #tools: FuzzTools;
  readonly #topicId: string;
  readonly #apis: readonly Api[];
  #walks = 0;
  #frames = 0;
  #mutations = 0;
  #answers = 0;
  #closes = 0;

  private constructor(options: { port: number; seed: number; tools: FuzzTools; topicId: string }) {
    this.#port = options.port;
    this.#seed = options.seed;
    this.#tools = options.tools;
    this.#topicId = options.topicId;
    this.#apis = apis.filter(({ name }) => !leftOut.has(name));
  }

  static async over(port: number, seed: number): Promise<SocketWalks> {
    const client = new RawClient(port);
    const spec = { name: topic, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] };
    await client.ask(CreateTopics, 7, { topics: [spec], timeoutMs: 10_000 });
    const metadata = await client.ask(Metadata, 13, { topics: [{ name: topic }], allowAutoTopicCreation: false });
    client.destroy();
    const { topicId } = must(metadata?.topics[0]);
    return new SocketWalks({ port, seed, tools: await loadFuzzTools(), topicId });
  }

  figures(): string {
    return (
      `${this.#walks} walks, ${this.#frames} frames, ${this.#mutations} mutations, ` +
      `${this.#answers} answers, ${this.#closes} closed by the broker`
    );
  }

  async walk(number: number): Promise<void> {
    this.#walks++;
    const random = new SeededRandom((Math.imul(this.#seed, 0x9e3779b1) + Math.imul(number, 0x85ebca6b)) >>> 0);
    const client = new RawClient(this.#port);
    const reads = random.below(8) > 0;
    if (!reads) client.socket.pause();
    for (let steps = 1 + random.below(12); steps > 0 && !client.closed; steps--)
      await this.#step(client, random, reads);
    if (client.closed) this.#closes++;
    this.#answers += client.frames.length;
    if (random.below(3) === 0) client.socket.resetAndDestroy();
    else if (random.below(2) === 0) client.socket.end();
    client.destroy();
  }

  async #step(client: RawClient, random: SeededRandom, reads: boolean): Promise<void> {
    const requests = Array.from({ length: random.below(4) === 0 ? 1 + random.below(40) : 1 }, () =>
      this.#request(random),
    );
    let bytes = Buffer.concat(requests);
    this.#frames += requests.length;
    if (random.below(20) === 0) bytes = bytes.subarray(0, random.below(bytes.length));
    if (random.below(16) === 0) await dribble(client, bytes, random);
    else client.send(bytes);
    if (!reads || random.below(4) === 0) return;
    const frame = await client.nextFrame(patienceMs).catch(() => undefined);
    if (frame !== undefined) this.#answers++;
  }

  #request(random: SeededRandom): Buffer {
    const frame = this.#legalRequest(random);
    if (random.below(2) === 0) return frame;
    this.#mutations++;
    const spoilt = this.#tools.mutate(frame.subarray(4), random);
    if (random.below(30) === 0) return Buffer.concat([frame.subarray(0, 4), spoilt]);
    const length = Buffer.alloc(4);
    length.writeInt32BE(spoilt.length);
    return Buffer.concat([length, spoilt]);
  }

  #legalRequest(random: SeededRandom): Buffer {
    const topicId = this.#topicId;
    const index = random.below(4);
    switch (random.below(6)) {
      case 0: {
        const records = Chunks.of(this.#batch(random));
        const topicData = [{ topicId, partitionData: [{ index, records }] }];
        const acks = random.below(3) - 1;
        return requestFrame(Produce, 13, { transactionalId: null, acks, timeoutMs: 100, topicData });
      }
      case 1: {
        const position = { partition: index, fetchOffset: random.below(50), partitionMaxBytes: 65_536 };
        const request = { maxWaitMs: random.below(100), minBytes: random.below(2), sessionEpoch: -1 };
        const topics = [{ topicId, partitions: [position] }];
        return requestFrame(Fetch, 16, { ...request, topics, forgottenTopicsData: [] });
      }
      case 2:
        return requestFrame(ApiVersions, 4, { clientSoftwareName: 'fuzz', clientSoftwareVersion: '1' });
      case 3:
        return requestFrame(Metadata, 13, { topics: [{ name: topic }], allowAutoTopicCreation: false });
      default:
        return this.#sampleRequest(random);
    }
  }

  /** Any API in any version, with a value that it can carry. */
  #sampleRequest(random: SeededRandom): Buffer {
    for (;;) {
      const api = must(this.#apis[random.below(this.#apis.length)]);
      const version = api.versions.min + random.below(api.versions.max - api.versions.min + 1);
      try {
        return requestFrame(api, version, this.#tools.sampleValue(api.request, version, random.below(1 << 30)));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
      }
    }
  }

  #batch(random: SeededRandom): Buffer {
    const codec = must((['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)[random.below(5)]);
    const records = Array.from({ length: 1 + random.below(5) }, () => {
      return { key: null, value: random.bytes(random.below(200)), timestamp: 1_700_000_000_000 };
    });
    const batch = buildBatch({ records, codec });
    return random.below(3) === 0 ? this.#tools.mutate(batch, random) : batch;
  }
}

/** A few bytes at a time. */
async function dribble(client: RawClient, bytes: Buffer, random: SeededRandom): Promise<void> {
  for (let at = 0; at < Math.min(bytes.length, 200) && !client.closed;) {
    const end = at + 1 + random.below(16);
    client.send(bytes.subarray(at, end));
    at = end;
    await sleep(1);
  }
}
