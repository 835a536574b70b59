/**
 * kafkajs against one real broker process: its producer with every codec, its admin, and its consumer in a group, byte
 * for byte, also after a kill -9. kafkajs itself has gzip only; the others are ours, as the plugins that it takes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compress, decompress } from '@tidelog/protocol';
import kafkajs, { type Admin, type CompressionTypes, type Kafka as KafkaClient, type Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lineBatches, OrderedDigest } from './support/ordered-lines.ts';
import { writeLines } from './support/records.ts';
import { TidelogCluster } from './support/tidelog-process.ts';

const { CompressionCodecs, CompressionTypes: Compression, ConfigResourceTypes, Kafka, logLevel } = kafkajs;

const count = Number(process.env['TIDELOG_CONFORMANCE_RECORDS'] ?? 1_000_000);
const perCodec = Math.min(count, 20_000);
const outputMax = 64 * 1024 * 1024;
const plugins = { Snappy: 'snappy', LZ4: 'lz4', ZSTD: 'zstd' } as const;

/** A broker may learn of what a controller has committed a moment after the client was told. */
const patiently = { timeout: 20_000, interval: 50 };

for (const [name, codec] of Object.entries(plugins)) {
  CompressionCodecs[Compression[name as keyof typeof plugins]] = () => ({
    compress: (encoder: { buffer: Buffer }) => Promise.resolve(compress(codec, encoder.buffer)),
    decompress: (bytes: Buffer) => Promise.resolve(decompress(codec, bytes, outputMax)),
  });
}

describe('kafkajs', () => {
  let cluster: TidelogCluster;
  let kafka: KafkaClient;
  let directory: string;
  let admin: Admin;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tidelog-kafkajs-'));
    cluster = await TidelogCluster.start({ brokers: 1 });
    kafka = new Kafka({
      clientId: 'conformance',
      brokers: [cluster.bootstrap],
      logLevel: logLevel.NOTHING,
      // A minute, in which a broker comes back on a busy machine too.
      retry: { retries: 60, initialRetryTime: 50, maxRetryTime: 1000 },
    });
    admin = kafka.admin();
    await admin.connect();
  });

  afterAll(async () => {
    await admin?.disconnect();
    await cluster?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const input = (name: string, lines: number): { path: string; digest: string } => {
    const path = join(directory, name);
    return { path, digest: writeLines(path, lines) };
  };

  const produce = async (topic: string, path: string, compression: CompressionTypes, options = {}): Promise<void> => {
    const producer: Producer = kafka.producer({ ...options });
    await producer.connect();
    try {
      for (const batch of lineBatches(path, 2000)) {
        const messages = batch.map((value) => ({ value, partition: 0 }));
        await producer.send({ topic, messages, compression, acks: -1 });
      }
    } finally {
      await producer.disconnect();
    }
  };

  const consume = async (topic: string, groupId: string, wanted: number): Promise<string> => {
    const consumer = kafka.consumer({ groupId, maxBytesPerPartition: 4 * 1024 * 1024 });
    const digest = new OrderedDigest();
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((done, fail) => {
      const eachBatch = ({
        batch,
      }: {
        batch: { messages: { offset: string; value: Buffer | null }[] };
      }): Promise<void> => {
        try {
          for (const { offset, value } of batch.messages) digest.add(Number(offset), value);
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
        if (digest.count >= wanted) done();
        return Promise.resolve();
      };
      // It goes on by itself after a crash that it says it restarts from.
      consumer.on(consumer.events.CRASH, ({ payload }) => void (payload.restart || fail(payload.error)));
      void consumer.run({ eachBatch }).catch(fail);
    });
    await consumer.disconnect();
    expect(digest.count).toBe(wanted);
    return digest.end();
  };

  test.each(['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const)(
    'what goes in with %s comes out the same',
    async (codec) => {
      const topic = `kafkajs-${codec}`;
      const { path, digest } = input(topic, perCodec);
      await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
      await produce(topic, path, Compression[codec]);
      expect(await admin.fetchTopicOffsets(topic)).toMatchObject([{ partition: 0, low: '0', high: String(perCodec) }]);
      expect(await consume(topic, `${topic}-group`, perCodec)).toBe(digest);
    },
  );

  test('admin: topics, cluster, offsets, configs, deleting records', async () => {
    const topic = 'kafkajs-admin';
    const configEntries = [{ name: 'retention.ms', value: '86400000' }];
    expect(await admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }] })).toBe(true);
    expect(await admin.createTopics({ topics: [{ topic }] })).toBe(false);
    await expect.poll(() => admin.listTopics(), patiently).toContain(topic);
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    const partitions = async (): Promise<number | undefined> =>
      (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length;
    await expect.poll(partitions, patiently).toBe(4);
    const { brokers, controller, clusterId } = await admin.describeCluster();
    expect(brokers).toMatchObject([{ nodeId: 1, host: '127.0.0.1', port: cluster.node(1).port }]);
    expect([controller, clusterId]).toEqual([1, 'conformance-cluster-01w']);

    const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
    const configOf = async (name: string): Promise<string | undefined> => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: true,
        resources: [{ ...resource, configNames: [name] }],
      });
      return resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue;
    };
    await expect.poll(() => configOf('retention.ms'), patiently).toBe('86400000');
    const entries = [{ name: 'max.message.bytes', value: '2000000' }];
    await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: entries }] });
    await expect.poll(() => configOf('max.message.bytes'), patiently).toBe('2000000');
    // AlterConfigs replaces: what it does not name is back at its default.
    expect(await configOf('retention.ms')).toBe('604800000');

    const { path } = input(topic, 5000);
    await produce(topic, path, Compression.None);
    // kafkajs looks the leader up in what it knows already, and learns of the topic by asking for its offsets.
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4000' }] });
    const offsets = await admin.fetchTopicOffsets(topic);
    expect(offsets.find(({ partition }) => partition === 0)).toMatchObject({ low: '4000', high: '5000' });
    await admin.deleteTopics({ topics: [topic] });
    await expect.poll(() => admin.listTopics(), patiently).not.toContain(topic);
  });

  test('a group consumes all of it, byte for byte, and again after a kill -9', async () => {
    const topic = 'kafkajs-million';
    const { path, digest } = input(topic, count);
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    await produce(topic, path, Compression.None);
    expect(await consume(topic, 'before', count)).toBe(digest);
    const node = cluster.node(1);
    await node.signal('SIGKILL');
    node.spawn();
    await node.ready();
    expect(await consume(topic, 'after', count)).toBe(digest);
  });

  test('a kill -9 in the middle of an idempotent producer repeats nothing and loses nothing', async () => {
    const topic = 'kafkajs-killed';
    const lines = Math.min(count, 200_000);
    const { path, digest } = input(topic, lines);
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const producing = produce(topic, path, Compression.None, { idempotent: true, maxInFlightRequests: 1 });
    await partWritten(admin, topic, lines / 10);
    const node = cluster.node(1);
    await node.signal('SIGKILL');
    node.spawn();
    await node.ready();
    await producing;
    expect(await consume(topic, 'killed', lines)).toBe(digest);
  });
});

async function partWritten(admin: Admin, topic: string, records: number): Promise<void> {
  for (;;) {
    const [partition] = await admin.fetchTopicOffsets(topic);
    if (Number(partition?.high ?? 0) > records) return;
  }
}
