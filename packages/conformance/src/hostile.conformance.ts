/**
 * Bad clients against one real broker process, with a well-behaved one beside them: bytes that are no requests,
 * requests that end early, stay for ever or lie about their length, and clients that do not read (failure-modes 2.4).
 */
import { Chunks, SeededRandom } from '@tidelog/core';
import { ApiVersions, apis, buildBatch, Fetch, loadFuzzTools, Metadata, Produce } from '@tidelog/protocol';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Besieged } from './support/besieged.ts';
import { framed, requestFrame, sleep, type RawClient } from './support/raw-client.ts';

let besieged: Besieged;
/**
 * Unread responses may hold 256 MiB, and one batch more for each client; the tail of the log holds some of the 96 MiB
 * that are produced, and V8 leaves as much as it finds cheap uncollected. One whole response for each of the clients
 * that do not read would be 2200 MiB.
 */
const growthMaxMebibytes = 1024;
const random = new SeededRandom(20_261_121);

beforeAll(async () => {
  besieged = await Besieged.start({ 'queued.max.request.bytes': 268_435_456 });
});

afterAll(() => besieged?.judge({ growthMebibytes: growthMaxMebibytes }));

/** Sends the bytes on a connection of their own and waits until the broker has closed it. */
async function closes(bytes: Buffer): Promise<void> {
  const client = besieged.connect();
  client.send(bytes);
  await client.whenClosed();
  expect(client.frames).toEqual([]);
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: 32 }, async () => {
      for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item);
    }),
  );
}

afterEach(({ task }) => {
  console.log(`${task.name}: peak memory +${Math.round(besieged.growthMebibytes())} MiB`);
});

test('other protocols and lengths that cannot be are closed at once', async () => {
  const lengths = [-1, 0, 7, -2_147_483_648, 2_147_483_647, 104_857_601].map((length) => {
    const bytes = Buffer.alloc(64, 1);
    bytes.writeInt32BE(length);
    return bytes;
  });
  const greetings = ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'POST /x HTTP/1.1\r\n\r\n', 'SSH-2.0-x\r\n'].map((g) =>
    Buffer.from(g),
  );
  const tls = Buffer.from('1603010200010001fc0303', 'hex');
  for (const bytes of [...lengths, ...greetings, tls]) await closes(bytes);
});

test('random bytes', async () => {
  const pieces = Array.from({ length: 500 }, () => random.bytes(1 + random.below(4096)));
  await inParallel(pieces, async (bytes) => {
    const client = besieged.connect();
    client.send(bytes);
    await Promise.race([client.whenClosed(), sleep(20)]);
    client.destroy();
  });
});

test('requests that end at every length, by closing and by a frame that is too short', async () => {
  const partitionData = [
    { index: 0, records: Chunks.of(buildBatch({ records: [{ key: null, value: Buffer.from('x'), timestamp: 1 }] })) },
  ];
  const topicData = [{ name: 'cut', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData }];
  const whole = [
    requestFrame(ApiVersions, 4, { clientSoftwareName: 'x', clientSoftwareVersion: '1' }),
    requestFrame(Metadata, 13, { topics: [{ name: 'cut' }], allowAutoTopicCreation: false }),
    requestFrame(Produce, 12, { transactionalId: null, acks: 1, timeoutMs: 1000, topicData }),
  ];
  const cuts = whole.flatMap((bytes) => Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)));
  await inParallel(cuts, async (bytes) => {
    const client = besieged.connect();
    client.send(bytes);
    client.socket.end();
    await client.whenClosed();
    expect(client.frames).toEqual([]);
  });
  await inParallel(
    cuts.filter(({ length }) => length > 4),
    async (bytes) => {
      const client = besieged.connect();
      client.send(framed(bytes.subarray(4)));
      await Promise.race([client.whenClosed(), client.nextFrame()]);
      client.destroy();
    },
  );
});

test('unknown API keys and versions', async () => {
  const header = (key: number, version: number): Buffer => {
    const bytes = Buffer.alloc(200);
    bytes.writeInt16BE(key, 0);
    bytes.writeInt16BE(version, 2);
    bytes.writeInt16BE(-1, 8);
    return framed(bytes);
  };
  const keys = [-1, -32_768, 32_767, 999, 93, 4, 5, 6, 7];
  await inParallel(keys, (key) => closes(header(key, 0)));
  const versions = apis
    .filter((api) => api !== ApiVersions)
    .flatMap((api) => [-1, 32_767, api.versions.max + 1].map((v) => header(api.key, v)));
  await inParallel(versions, closes);
  const client = besieged.connect();
  client.send(header(ApiVersions.key, 99));
  const answer = await client.nextFrame();
  expect(answer?.readInt16BE(4)).toBe(35);
});

test('huge array counts at every place of every API and version', async () => {
  const { sampleValue } = await loadFuzzTools();
  const risky = new Set([
    'UnregisterBroker',
    'RemoveRaftVoter',
    'UpdateFeatures',
    'AlterConfigs',
    'IncrementalAlterConfigs',
  ]);
  const frames: Buffer[] = [];
  for (const api of apis.filter(({ name }) => !risky.has(name))) {
    for (let version = api.versions.min; version <= api.versions.max; version++) {
      const value = sampleValue(api.request, version, 1);
      frames.push(...withHugeCounts(requestFrame(api, version, value), api.flexibleSince, version));
    }
  }
  console.log(`${frames.length} requests with huge counts`);
  await inParallel(frames, async (bytes) => {
    const client = besieged.connect();
    client.send(bytes);
    await Promise.race([client.whenClosed(), client.nextFrame(), sleep(30)]);
    client.destroy();
  });
});

/** The frame with 2^31-1, as an int32 or as a varint, put over some of its places. */
function withHugeCounts(frame: Buffer, flexibleSince: number | undefined, version: number): Buffer[] {
  const flexible = flexibleSince !== undefined && version >= flexibleSince;
  const count = Buffer.from(flexible ? 'ffffffff07' : '7fffffff', 'hex');
  const start = 4 + 8 + 5;
  const places = Array.from({ length: Math.max(0, frame.length - start - count.length) }, (_, i) => start + i);
  return places
    .filter(() => places.length < 16 || random.below(places.length) < 16)
    .map((at) => Buffer.concat([frame.subarray(0, at), count, frame.subarray(at + count.length)]));
}

test('a thousand connections that begin a request and never end it, some a byte at a time', async () => {
  const request = requestFrame(Metadata, 13, { topics: null, allowAutoTopicCreation: false });
  const clients: RawClient[] = [];
  for (let i = 0; i < 1000; i++) {
    const client = besieged.connect();
    client.send(request.subarray(0, i % 8));
    clients.push(client);
  }
  for (let second = 0; second < 5; second++) {
    for (const [i, client] of clients.slice(0, 200).entries()) {
      const at = (i % 8) + second;
      client.send(request.subarray(at, at + 1));
    }
    await sleep(1000);
  }
  expect(clients.filter(({ closed }) => closed).length).toBe(0);
  for (const client of clients) client.destroy();
});

test('a client that asks ten thousand times and never reads', async () => {
  const client = besieged.connect();
  await client.opened();
  client.socket.pause();
  const request = requestFrame(ApiVersions, 3, { clientSoftwareName: 'x', clientSoftwareVersion: '1' });
  client.send(Buffer.concat(Array.from({ length: 10_000 }, () => request)));
  await sleep(1000);
  client.socket.resume();
  await expect.poll(() => client.frames.length, { timeout: 20_000 }).toBe(10_000);
  client.destroy();
});

test('fetches of two gibibytes by clients that do not read', async () => {
  const topic = await bigTopic(96);
  const clients = Array.from({ length: 40 }, () => besieged.connect({ keep: false }));
  for (const client of clients) {
    await client.opened();
    client.socket.pause();
    for (let i = 0; i < 10; i++) client.send(hugeFetch(topic));
  }
  await sleep(3000);
  const [reader] = clients;
  reader?.socket.resume();
  await expect.poll(() => reader?.bytes ?? 0, { timeout: 20_000 }).toBeGreaterThan(50_000_000);
  for (const client of clients) client.destroy();
});

function hugeFetch(topicId: string): Buffer {
  const max = 2_147_483_647;
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: max }];
  return requestFrame(Fetch, 16, {
    maxWaitMs: 100,
    minBytes: max,
    maxBytes: max,
    sessionEpoch: -1,
    topics: [{ topicId, partitions }],
    forgottenTopicsData: [],
  });
}

/** A topic with so many mebibytes; its id. */
async function bigTopic(mebibytes: number): Promise<string> {
  const client = besieged.connect();
  for (;;) {
    const metadata = await client.ask(Metadata, 13, { topics: [{ name: 'big' }], allowAutoTopicCreation: true });
    const found = metadata?.topics[0];
    if (found?.errorCode !== 0 || found.partitions[0]?.leaderId !== 1) {
      await sleep(50);
      continue;
    }
    const { topicId } = found;
    const value = random.bytes(900_000);
    const batch = buildBatch({ records: [{ key: null, value, timestamp: Date.now() }] });
    for (let i = 0; i < mebibytes; i++) {
      const topicData = [{ topicId, partitionData: [{ index: 0, records: Chunks.of(batch) }] }];
      const answer = await client.ask(Produce, 13, { transactionalId: null, acks: -1, timeoutMs: 9000, topicData });
      expect(answer?.responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
    }
    client.destroy();
    return topicId;
  }
}
