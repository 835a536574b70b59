import { afterEach, beforeEach, expect, test } from 'vitest';
import { ErrorCode, Fetch, type EncodeOf, type ResponseOf } from '@tidelog/protocol';
import { fetch, produce, until } from '../testing/client.ts';
import { batchOf, valuesIn } from '../testing/records.ts';
import { TestCluster } from '../testing/test-cluster.ts';
import type { TestBroker } from '../testing/test-broker.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
let cluster: TestCluster;
let broker: TestBroker;

beforeEach(async () => {
  cluster = await TestCluster.start({ brokers: 1 });
  cluster.controller.createTopic({ name: 'events', topicId, replicas: [[1], [1], [1]] });
  broker = cluster.broker(1);
});

afterEach(() => cluster.stop());

type Asked = EncodeOf<(typeof Fetch)['request']>['topics'][number]['partitions'][number];

interface SessionFetch {
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly maxWaitMs?: number;
  readonly partitions?: readonly (Partial<Asked> & { readonly partition: number; readonly fetchOffset: number })[];
  readonly forgotten?: readonly number[];
  readonly maxBytes?: number;
}

function ask(options: SessionFetch): Promise<ResponseOf<typeof Fetch>> {
  const { partitions = [], forgotten = [], sessionId = 0, sessionEpoch = -1, maxWaitMs = 0, ...rest } = options;
  const asked = partitions.map((partition) => ({ partitionMaxBytes: 1_048_576, ...partition }));
  return broker.request(Fetch, {
    sessionId,
    sessionEpoch,
    maxWaitMs,
    minBytes: 1,
    ...rest,
    topics:
      asked.length === 0
        ? []
        : [
            {
              topicId,
              partitions: asked,
            },
          ],
    forgottenTopicsData:
      forgotten.length === 0
        ? []
        : [
            {
              topicId,
              partitions: [...forgotten],
            },
          ],
  });
}

function partitionsOf(response: ResponseOf<typeof Fetch>): number[] {
  return response.responses.flatMap((topic) => topic.partitions.map((partition) => partition.partitionIndex));
}

test('a fetch waits for data and is woken by it, not by its time', async () => {
  const start = performance.now();
  const waiting = fetch(broker, { topicId, offset: 0, maxWaitMs: 10_000 });
  await produce(broker, { topicId, values: ['late'] });
  expect(valuesIn((await waiting).records)).toEqual(['0:late']);
  expect(performance.now() - start).toBeLessThan(9000);
});

test('a fetch that finds nothing answers at the end of its time', async () => {
  const start = performance.now();
  const answer = await fetch(broker, { topicId, offset: 0, maxWaitMs: 60 });
  expect(performance.now() - start).toBeGreaterThan(50);
  expect([answer.errorCode, answer.records?.byteLength]).toEqual([ErrorCode.NONE, 0]);
});

test('min bytes are waited for over several appends', async () => {
  const size = batchOf(['0123456789']).byteLength;
  const waiting = fetch(broker, { topicId, offset: 0, maxWaitMs: 10_000, minBytes: size * 3 });
  for (let i = 0; i < 3; i++) await produce(broker, { topicId, values: ['0123456789'] });
  expect(valuesIn((await waiting).records)).toHaveLength(3);
});

test('a client that hangs up frees its waiting fetch', async () => {
  const client = new AbortController();
  await until(() => broker.replicas.isSettled, 'the logs to be open');
  await until(() => broker.replicas.isSettled, 'the logs to be open');
  const waiting = fetch(broker, { topicId, offset: 0, maxWaitMs: 60_000, closed: client.signal });
  client.abort();
  await waiting;
  expect(broker.replicas.deadlines.size).toBe(0);
});

test('offsets outside the log are out of range; the end is not', async () => {
  await produce(broker, { topicId });
  expect((await fetch(broker, { topicId, offset: 1 })).errorCode).toBe(ErrorCode.NONE);
  expect((await fetch(broker, { topicId, offset: 2 })).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
});

test('leader epochs and topic ids are checked', async () => {
  const errorOf = async (position: Partial<Asked>, id = topicId): Promise<number> =>
    (await fetch(broker, { topicId: id, offset: 0, position })).errorCode;
  expect(await errorOf({ currentLeaderEpoch: 0 })).toBe(ErrorCode.NONE);
  expect(await errorOf({ currentLeaderEpoch: 1 })).toBe(ErrorCode.UNKNOWN_LEADER_EPOCH);
  cluster.controller.elect(topicId, 0, { leader: 1 });
  expect(await errorOf({ currentLeaderEpoch: 0 })).toBe(ErrorCode.FENCED_LEADER_EPOCH);
  expect(await errorOf({}, 'UUUUUUUUUUUUUUUUUUUUUQ')).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
});

test('a topic created again under its name has nothing of the old one', async () => {
  await produce(broker, { topicId, values: ['old'] });
  cluster.controller.commit({ type: 'removeTopic', topicId });
  const newId = 'NNNNNNNNNNNNNNNNNNNNNQ';
  cluster.controller.createTopic({ name: 'events', topicId: newId, replicas: [[1]] });
  expect((await fetch(broker, { topicId, offset: 0 })).errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_ID);
  const answer = await fetch(broker, { topicId: newId, offset: 0 });
  expect([answer.highWatermark, valuesIn(answer.records)]).toEqual([0, []]);
});

test('the first batch may exceed the limits, later partitions get what is left', async () => {
  const big = 'x'.repeat(1000);
  for (const partition of [0, 1]) await produce(broker, { topicId, partition, values: [big] });
  const response = await ask({
    maxBytes: 100,
    partitions: [
      { partition: 0, fetchOffset: 0, partitionMaxBytes: 10 },
      { partition: 1, fetchOffset: 0 },
    ],
  });
  const sizes = response.responses[0]?.partitions.map((partition) => partition.records?.byteLength ?? 0);
  expect(sizes?.[0]).toBeGreaterThan(1000);
  expect(sizes?.[1]).toBe(0);
});

test('an incremental fetch names only what changed', async () => {
  const partitions = [0, 1, 2].map((partition) => ({ partition, fetchOffset: 0 }));
  const opened = await ask({ sessionEpoch: 0, partitions });
  expect(partitionsOf(opened)).toEqual([0, 1, 2]);
  const { sessionId } = opened;
  expect(sessionId).toBeGreaterThan(0);
  expect(partitionsOf(await ask({ sessionId, sessionEpoch: 1 }))).toEqual([]);
  await produce(broker, { topicId, partition: 1 });
  expect(partitionsOf(await ask({ sessionId, sessionEpoch: 2 }))).toEqual([1]);
  // Not told that the position moved: the data comes again.
  expect(partitionsOf(await ask({ sessionId, sessionEpoch: 3 }))).toEqual([1]);
  const moved = [{ partition: 1, fetchOffset: 1 }];
  expect(partitionsOf(await ask({ sessionId, sessionEpoch: 4, partitions: moved }))).toEqual([]);
});

test('a waiting incremental fetch wakes for any partition of its session', async () => {
  const partitions = [0, 1, 2].map((partition) => ({ partition, fetchOffset: 0 }));
  const { sessionId } = await ask({ sessionEpoch: 0, partitions });
  const waiting = ask({ sessionId, sessionEpoch: 1, maxWaitMs: 10_000 });
  await produce(broker, { topicId, partition: 2 });
  expect(partitionsOf(await waiting)).toEqual([2]);
});

test('the next request of a session hurries the one that waits', async () => {
  const { sessionId } = await ask({ sessionEpoch: 0, partitions: [{ partition: 0, fetchOffset: 0 }] });
  const waiting = ask({ sessionId, sessionEpoch: 1, maxWaitMs: 60_000 });
  const next = ask({ sessionId, sessionEpoch: 2, partitions: [{ partition: 1, fetchOffset: 0 }] });
  expect(partitionsOf(await waiting)).toEqual([]);
  expect(partitionsOf(await next)).toEqual([1]);
});

test('sessions refuse unknown ids and wrong epochs, and end when they are empty', async () => {
  expect((await ask({ sessionId: 77, sessionEpoch: 1 })).errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  const { sessionId } = await ask({ sessionEpoch: 0, partitions: [{ partition: 0, fetchOffset: 0 }] });
  expect((await ask({ sessionId, sessionEpoch: 5 })).errorCode).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  expect((await ask({ sessionId, sessionEpoch: 1, forgotten: [0] })).sessionId).toBe(0);
  expect((await ask({ sessionId, sessionEpoch: 2 })).errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
});

test('an error in a session is told until it is over', async () => {
  const { sessionId } = await ask({ sessionEpoch: 0, partitions: [{ partition: 0, fetchOffset: 9 }] });
  const again = await ask({ sessionId, sessionEpoch: 1, maxWaitMs: 10_000 });
  expect(again.responses[0]?.partitions[0]?.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
});

test('a tail consumer is served from memory', async () => {
  for (let i = 0; i < 20; i++) {
    await produce(broker, { topicId, values: [`${i}`] });
    expect(valuesIn((await fetch(broker, { topicId, offset: i })).records)).toEqual([`${i}:${i}`]);
  }
  expect(broker.store.stats.fileReads).toBe(0);
});
