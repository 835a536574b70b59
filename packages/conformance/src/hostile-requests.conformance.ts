/**
 * Requests that are well formed and mean harm, against one real broker process with a well-behaved client beside it:
 * batches that lie in every header field under a right checksum, compression bombs, names that are paths or terminal
 * commands in every field of every API, and numbers of partitions that nobody can have (failure-modes 2.4).
 */
import { Chunks, crc32c, must, SeededRandom } from '@tidelog/core';
import {
  apis,
  buildBatch,
  compress,
  CreatePartitions,
  CreateTopics,
  ErrorCode,
  errorName,
  loadFuzzTools,
  Metadata,
  Produce,
  ProtocolError,
  type Api,
  type Codec,
} from '@tidelog/protocol';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Besieged } from './support/besieged.ts';
import { requestFrame, sleep, type RawClient } from './support/raw-client.ts';

let besieged: Besieged;
const target = 'target';
let targetId = '';

beforeAll(async () => {
  besieged = await Besieged.start();
  const client = besieged.connect();
  const topic = { name: target, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  await client.ask(CreateTopics, 7, { topics: [topic], timeoutMs: 10_000 });
  const metadata = await client.ask(Metadata, 13, { topics: [{ name: target }], allowAutoTopicCreation: false });
  targetId = must(metadata?.topics[0]).topicId;
  client.destroy();
});

afterEach(({ task }) => {
  console.log(`${task.name}: peak memory +${Math.round(besieged.growthMebibytes())} MiB`);
});

/** Bombs are inflated a piece at a time: a whole one would be up to 512 MiB, and ten come at once. */
afterAll(() => besieged?.judge({ growthMebibytes: 512 }));

async function produce(client: RawClient, batch: Buffer): Promise<number> {
  const topicData = [{ topicId: targetId, partitionData: [{ index: 0, records: Chunks.of(batch) }] }];
  const answer = await client.ask(Produce, 13, { transactionalId: null, acks: -1, timeoutMs: 10_000, topicData });
  return must(answer?.responses[0]?.partitionResponses[0]).errorCode;
}

/** Every field of the header: its place, its width, and values that it should not have. */
const fields: readonly (readonly [name: string, at: number, width: 1 | 2 | 4 | 8, values: readonly number[]])[] = [
  ['baseOffset', 0, 8, [1, -1, 2 ** 52, -(2 ** 52)]],
  ['batchLength', 8, 4, [0, -1, 48, 49, 1, 2_147_483_647, -2_147_483_648]],
  ['partitionLeaderEpoch', 12, 4, [5, 2_147_483_647]],
  ['magic', 16, 1, [0, 1, 3, 127, -1]],
  ['attributes', 21, 2, [5, 6, 7, 0x20, 0x30, 0x40, 0x10, 1, 2, 3, 4, -1, 0x7fff]],
  ['lastOffsetDelta', 23, 4, [0, 1, 4, -1, 2_147_483_647]],
  ['baseTimestamp', 27, 8, [-1, -2, 2 ** 52, -(2 ** 52)]],
  ['maxTimestamp', 35, 8, [-1, 0, 2 ** 52, -(2 ** 52)]],
  ['producerId', 43, 8, [0, 7, -2, 2 ** 52]],
  ['producerEpoch', 51, 2, [0, 5, -2, 32_767]],
  ['baseSequence', 53, 4, [0, 5, -2, 2_147_483_647]],
  ['recordCount', 57, 4, [0, 1, 2, 4, -1, 2_147_483_647]],
];

/** What a broker may say of such a batch; anything else is a bug, above all UNKNOWN_SERVER_ERROR. */
const rightAnswers: readonly number[] = [
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.INVALID_RECORD,
  ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT,
  ErrorCode.INVALID_TIMESTAMP,
  ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
  ErrorCode.INVALID_PRODUCER_EPOCH,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.UNKNOWN_PRODUCER_ID,
  ErrorCode.INVALID_TXN_STATE,
  ErrorCode.INVALID_REQUEST,
  ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ErrorCode.MESSAGE_TOO_LARGE,
];
/** Fields that the broker sets itself, or values that make another batch that is right. */
const harmless = /^(baseOffset|partitionLeaderEpoch|(base|max)Timestamp|producerId|producerEpoch|baseSequence)=/;

test('batches that lie in every field of the header, with a right checksum', async () => {
  const records = ['a', 'b', 'c'].map((text) => ({ key: null, value: Buffer.from(text), timestamp: Date.now() }));
  const client = besieged.connect();
  const accepted: string[] = [];
  for (const [name, at, width, values] of fields) {
    for (const value of values) {
      const batch = buildBatch({ records });
      if (width === 8) batch.writeBigInt64BE(BigInt(value), at);
      else batch.writeIntBE(value, at, width);
      batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
      const error = await produce(client, batch);
      if (error === ErrorCode.NONE) accepted.push(`${name}=${value}`);
      else expect(rightAnswers.map(errorName), `${name}=${value}`).toContain(errorName(error));
    }
  }
  expect(accepted.filter((lie) => !harmless.test(lie))).toEqual([]);
  client.destroy();
});

const mebibyte = 1024 * 1024;
/** As much as fits below the limit of a message in each codec. */
const bombs: readonly (readonly [Codec, number])[] = [
  ['gzip', 256 * mebibyte],
  ['zstd', 512 * mebibyte],
  ['lz4', 192 * mebibyte],
  ['snappy', 16 * mebibyte],
];

test.each(bombs)('compression bombs of %s, ten at a time', async (codec, size) => {
  const packed = compress(codec, Buffer.alloc(size));
  const batch = Buffer.concat([
    buildBatch({ records: [{ key: null, value: null, timestamp: 1 }] }).subarray(0, 61),
    packed,
  ]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt16BE(['none', 'gzip', 'snappy', 'lz4', 'zstd'].indexOf(codec), 21);
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  const clients = Array.from({ length: 10 }, () => besieged.connect());
  const answers = await Promise.all(clients.map((client) => produce(client, batch)));
  for (const answer of answers) expect(rightAnswers.map(errorName)).toContain(errorName(answer));
  for (const client of clients) client.destroy();
});

test('a snappy block that claims four gibibytes, an lz4 frame and a zstd frame that claim terabytes', async () => {
  const claims: readonly (readonly [number, Buffer])[] = [
    [2, Buffer.from('ffffffff0f00', 'hex')],
    [2, Buffer.concat([Buffer.from('82534e4150505900', 'hex'), Buffer.from('00000001000000017fffffff', 'hex')])],
    [3, Buffer.from('04224d186c40ffffffffffff0f00', 'hex')],
    [4, Buffer.from('28b52ffdc0f0ffffffffffff0f00', 'hex')],
  ];
  const client = besieged.connect();
  for (const [codec, payload] of claims) {
    const batch = Buffer.concat([
      buildBatch({ records: [{ key: null, value: null, timestamp: 1 }] }).subarray(0, 61),
      payload,
    ]);
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeInt16BE(codec, 21);
    batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
    expect(rightAnswers.map(errorName)).toContain(errorName(await produce(client, batch)));
  }
  client.destroy();
});

const names: readonly string[] = [
  '.',
  '..',
  '../escape',
  'a/../../b',
  '/etc/passwd',
  'nul\0byte',
  'x'.repeat(250),
  'größe',
  '\u{1f980}',
  'line\nbreak {"level":30}',
  '\u001b[2J\u001b]0;pwned\u0007',
  'back\\slash',
  '',
  '__proto__',
  'constructor',
];

test('names that are paths, terminal commands or no names, in every string of every API and version', async () => {
  const { sampleValue } = await loadFuzzTools();
  // What these do when they work is not harm by name: they take the broker out of the cluster.
  const left = new Set(['UnregisterBroker', 'RemoveRaftVoter', 'UpdateFeatures']);
  let sent = 0;
  for (const api of apis.filter((candidate) => !left.has(candidate.name))) {
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      for (const [i, name] of names.entries()) {
        const value = named(sampleValue(api.request, version, i), name);
        const bytes = encoded(api, version, value as Record<string, unknown>);
        if (bytes === undefined) continue;
        const client = besieged.connect();
        client.send(bytes);
        await Promise.race([client.whenClosed(), client.nextFrame(), sleep(api.name.includes('Fetch') ? 5 : 50)]);
        client.destroy();
        sent++;
      }
    }
  }
  console.log(`${sent} requests with hostile names`);
  expect(sent).toBeGreaterThan(3000);
});

function encoded(api: Api, version: number, value: Record<string, unknown>): Buffer | undefined {
  try {
    return requestFrame(api, version, value);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** The value with every text in it replaced; ids and bytes stay. */
function named(value: unknown, name: string): unknown {
  if (typeof value === 'string') return /^[\w-]{22}$/.test(value) ? value : name;
  if (Array.isArray(value)) return (value.length > 0 ? value : []).map((element) => named(element, name));
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value) || value instanceof Chunks) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, named(field, name)]));
}

test('topics of path-like names are refused by name, and legal ones at the limit are made', async () => {
  const client = besieged.connect();
  const spec = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  const long = 'y'.repeat(249);
  const all = [
    ...names.filter((name) => name !== '__proto__' && name !== 'constructor'),
    long,
    '__proto__',
    'constructor',
  ];
  const answer = await client.ask(CreateTopics, 7, {
    topics: all.map((name) => ({ ...spec, name })),
    timeoutMs: 10_000,
  });
  const errors = new Map(answer?.topics.map(({ name, errorCode }) => [name, errorName(errorCode)]));
  for (const name of all.slice(0, -3)) expect(errors.get(name), JSON.stringify(name)).toBe('INVALID_TOPIC_EXCEPTION');
  expect([errors.get(long), errors.get('constructor')]).toEqual(['NONE', 'NONE']);
  client.destroy();
});

test('a million partitions, or two thousand million, are refused', async () => {
  const client = besieged.connect();
  const random = new SeededRandom(1);
  for (const numPartitions of [1_000_000, 2_147_483_647, 0, -2]) {
    const topic = {
      name: `many${random.below(1e9)}`,
      numPartitions,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    };
    const answer = await client.ask(CreateTopics, 7, { topics: [topic], timeoutMs: 10_000 });
    expect(answer?.topics[0]?.errorCode).toBeGreaterThan(0);
  }
  for (const count of [1_000_000, 2_147_483_647, 0, -1]) {
    const topics = [{ name: target, count, assignments: null }];
    const answer = await client.ask(CreatePartitions, 3, { topics, timeoutMs: 10_000, validateOnly: false });
    expect(answer?.results[0]?.errorCode).toBeGreaterThan(0);
  }
  client.destroy();
});
