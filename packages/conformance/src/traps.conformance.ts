/**
 * The traps of kafka-semantics 21 that show on the wire of one broker, each by its number. Elsewhere: 4 and 8
 * (broker/replication), 5 (log/partition-log), 9 and 10 (coordinators), 12 (controller/partition-change),
 * 13 (log/compaction).
 */
import { Chunks } from '@tidelog/core';
import {
  ApiVersions,
  batchesOf,
  buildBatch,
  CreateTopics,
  ErrorCode,
  Fetch,
  Metadata,
  Produce,
  type RequestInputOf,
  type ResponseOf,
} from '@tidelog/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeResponse, framed, RawClient, requestFrame } from './support/raw-client.ts';
import { TidelogCluster } from './support/tidelog-process.ts';

let cluster: TidelogCluster;
let client: RawClient;

beforeAll(async () => {
  cluster = await TidelogCluster.start({ brokers: 1 });
  client = new RawClient(cluster.node(1).port);
  const topic = { numPartitions: 2, replicationFactor: 1, assignments: [], configs: [] };
  const topics = ['traps', 'other'].map((name) => ({ name, ...topic }));
  const created = await client.ask(CreateTopics, 5, { topics, timeoutMs: 10_000 });
  expect(created?.topics.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
});

afterAll(async () => {
  client?.destroy();
  await cluster?.[Symbol.asyncDispose]();
});

type Produced = ResponseOf<typeof Produce>['responses'][number]['partitionResponses'][number];

async function produce(
  values: readonly string[],
  { index = 0, ...input }: { readonly index?: number; readonly baseSequence?: number } = {},
): Promise<Produced | undefined> {
  const timestamp = Date.now();
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestamp }));
  const producer = input.baseSequence === undefined ? {} : { producerId: 4711, producerEpoch: 0, ...input };
  const bytes = Chunks.of(buildBatch({ records, ...producer }));
  const response = await client.ask(Produce, 9, {
    transactionalId: null,
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: 'traps', partitionData: [{ index, records: bytes }] }],
  });
  return response?.responses[0]?.partitionResponses[0];
}

type FetchTopic = RequestInputOf<typeof Fetch>['topics'][number];

function fetchTraps(offsets: Readonly<Record<number, number>>): FetchTopic[] {
  const partitions = Object.entries(offsets).map(([partition, fetchOffset]) => ({
    partition: Number(partition),
    fetchOffset,
    partitionMaxBytes: 1_000_000,
  }));
  return partitions.length === 0 ? [] : [{ topic: 'traps', partitions }];
}

async function fetch(
  topics: FetchTopic[],
  session: { readonly sessionId?: number; readonly sessionEpoch?: number } = {},
): Promise<ResponseOf<typeof Fetch> | undefined> {
  const limits = { replicaId: -1, maxWaitMs: 0, minBytes: 0, maxBytes: 1_000_000, isolationLevel: 0 };
  return client.ask(Fetch, 12, { ...limits, sessionEpoch: -1, ...session, topics, forgottenTopicsData: [] });
}

test('trap 1: ApiVersions is answered with header v0 in every version, and Produce is said to begin at 0', async () => {
  for (const version of [0, 3, 4]) {
    const software = { clientSoftwareName: 'traps', clientSoftwareVersion: '1' };
    client.send(requestFrame(ApiVersions, version, software, 99));
    const frame = await client.nextFrame();
    if (frame === undefined) throw new Error('the connection was closed');
    // Correlation id, then at once the body: an error code. A flexible header would have a byte of tagged fields.
    expect([frame.readInt32BE(0), frame.readInt16BE(4)]).toEqual([99, 0]);
    const { apiKeys } = decodeResponse(ApiVersions, version, frame);
    expect(apiKeys.find(({ apiKey }) => apiKey === Produce.key)?.minVersion).toBe(0);
  }
  client.send(requestFrame(ApiVersions, 4, { clientSoftwareName: 'a', clientSoftwareVersion: '1' }).fill(99, 6, 8));
  const unsupported = await client.nextFrame();
  expect(unsupported?.readInt16BE(4)).toBe(ErrorCode.UNSUPPORTED_VERSION);
  expect(decodeResponse(ApiVersions, 0, unsupported ?? Buffer.alloc(0)).apiKeys.length).toBeGreaterThan(0);
});

test('trap 2: the client id of a flexible header has a length of two bytes', async () => {
  const body = Metadata.request.encode({ topics: [], allowAutoTopicCreation: false }, 9).toBuffer();
  const header = Buffer.from([0, Metadata.key, 0, 9, 0, 0, 0, 5, 0, 2, 0x69, 0x64, 0]);
  client.send(framed(Buffer.concat([header, body])));
  const answer = await client.nextFrame();
  expect(answer?.readInt32BE(0)).toBe(5);
  expect(decodeResponse(Metadata, 9, answer ?? Buffer.alloc(0)).brokers.length).toBe(1);
  const withoutId = Buffer.from([0, Metadata.key, 0, 9, 0, 0, 0, 6, 0xff, 0xff, 0]);
  client.send(framed(Buffer.concat([withoutId, body])));
  expect((await client.nextFrame())?.readInt32BE(0)).toBe(6);
});

test('trap 3: a repetition is answered with the offset that the batch has had all along', async () => {
  const first = await produce(['a', 'b'], { baseSequence: 0 });
  const base = first?.baseOffset ?? -1;
  await produce(['c'], { baseSequence: 2 });
  const again = await produce(['a', 'b'], { baseSequence: 0 });
  expect([again?.errorCode, again?.baseOffset]).toEqual([ErrorCode.NONE, base]);
  expect((await produce(['d'], { baseSequence: 3 }))?.baseOffset).toBe(base + 3);
  expect((await produce(['e'], { baseSequence: 9 }))?.errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
});

test('trap 6: a fetch in the middle of a batch gets the whole batch', async () => {
  const produced = await produce(['a', 'b', 'c']);
  const base = produced?.baseOffset ?? -1;
  const response = await fetch(fetchTraps({ 0: base + 2 }));
  const records = response?.responses[0]?.partitions[0]?.records ?? Chunks.empty;
  const [first] = [...batchesOf(records)];
  expect([first?.header.baseOffset, first?.header.recordCount]).toEqual([base, 3]);
});

test('trap 7: an incremental fetch leaves out what has no news', async () => {
  await produce(['x'], { index: 1 });
  const latest = (await fetch(fetchTraps({ 0: 0, 1: 0 })))?.responses[0]?.partitions;
  const ends = latest?.map(({ highWatermark }) => highWatermark) ?? [];
  const full = await fetch(fetchTraps({ 0: ends[0] ?? 0, 1: ends[1] ?? 0 }), { sessionEpoch: 0 });
  expect(full?.responses[0]?.partitions.length).toBe(2);
  const sessionId = full?.sessionId ?? 0;
  expect(sessionId).toBeGreaterThan(0);
  expect((await fetch([], { sessionId, sessionEpoch: 1 }))?.responses).toEqual([]);
  await produce(['news'], { index: 1 });
  const news = await fetch([], { sessionId, sessionEpoch: 2 });
  expect(news?.responses.flatMap(({ partitions }) => partitions.map((one) => one.partitionIndex))).toEqual([1]);
  const stale = await fetch([], { sessionId, sessionEpoch: 2 });
  expect(stale?.errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  const unknown = await fetch([], { sessionId: sessionId === 1 ? 2 : sessionId - 1, sessionEpoch: 1 });
  expect(unknown?.errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
});

test('trap 14: in Metadata v0 no topics means all, from v1 on null means all and none means none', async () => {
  const names = async (version: number, topics: [] | null): Promise<string[]> => {
    const asked = version < 4 ? { topics } : { topics, allowAutoTopicCreation: false };
    const response = await client.ask(Metadata, version, asked);
    return (response?.topics ?? []).map(({ name }) => name ?? '').toSorted();
  };
  expect(await names(0, [])).toEqual(['other', 'traps']);
  for (const version of [1, 9, 12]) {
    expect(await names(version, null)).toEqual(['other', 'traps']);
    expect(await names(version, [])).toEqual([]);
  }
});

test('trap 15: a version that is not served closes the connection without an answer', async () => {
  for (const [api, version] of [
    [Metadata, 99],
    [Produce, 2],
    [Fetch, 3],
  ] as const) {
    const other = new RawClient(cluster.node(1).port);
    await other.opened();
    const header = Buffer.alloc(10);
    header.writeInt16BE(api.key, 0);
    header.writeInt16BE(version, 2);
    header.writeInt16BE(-1, 8);
    other.send(framed(Buffer.concat([header, Buffer.alloc(40)])));
    await other.whenClosed();
    expect(other.frames).toEqual([]);
  }
  expect(await client.ask(Metadata, 9, { topics: [], allowAutoTopicCreation: false })).toBeDefined();
});
