import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  DescribeLogDirs,
  DescribeProducers,
  ErrorCode,
  ListOffsets,
  OffsetForLeaderEpoch,
  type EncodeOf,
} from '@tidelog/protocol';
import { produce, until } from '../testing/client.ts';
import { batchOf } from '../testing/records.ts';
import { TestCluster } from '../testing/test-cluster.ts';
import type { TestBroker } from '../testing/test-broker.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
let cluster: TestCluster;
let broker: TestBroker;

/** Offsets 0-1 at 1000 in epoch 0, offset 2 at 3000 and 3 at 2000 in epoch 1. */
beforeAll(async () => {
  cluster = await TestCluster.start({ brokers: 1 });
  cluster.controller.createTopic({ name: 'events', topicId, replicas: [[1], [1]] });
  broker = cluster.broker(1);
  const at = (timestamp: number, count = 1): ReturnType<typeof batchOf> => {
    const records = Array.from({ length: count }, () => ({ key: null, value: Buffer.from('v'), timestamp }));
    return batchOf([], { records });
  };
  await produce(broker, { topicId, records: at(1000, 2) });
  cluster.controller.elect(topicId, 0, { leader: 1 });
  await produce(broker, { topicId, records: at(3000) });
  const producer = { producerId: 7, producerEpoch: 2, baseSequence: 0 };
  await produce(broker, {
    topicId,
    records: batchOf([], { records: [{ key: null, value: Buffer.from('v'), timestamp: 2000 }], ...producer }),
  });
});

afterAll(() => cluster.stop());

type Asked = EncodeOf<(typeof ListOffsets)['request']>['topics'][number]['partitions'][number];

async function offsetOf(asked: Partial<Asked>, version?: number): Promise<readonly number[]> {
  const partitions = [{ partitionIndex: 0, timestamp: -1, ...asked }];
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: 'events', partitions }] };
  const response = await broker.request(ListOffsets, request, version === undefined ? {} : { version });
  const answer = response.topics[0]?.partitions[0];
  return [answer?.errorCode ?? -99, answer?.offset ?? -99, answer?.timestamp ?? -99, answer?.leaderEpoch ?? -99];
}

const none = ErrorCode.NONE;

test.each([
  ['latest', -1, [none, 4, -1, 1]],
  ['earliest', -2, [none, 0, -1, 0]],
  ['max timestamp', -3, [none, 2, 3000, 1]],
  ['earliest local', -4, [none, 0, -1, 0]],
  ['latest tiered', -5, [none, -1, -1, -1]],
  ['earliest pending upload', -6, [none, 0, -1, 0]],
  ['a time between', 1500, [none, 2, 3000, 1]],
  ['a time before everything', 1, [none, 0, 1000, 0]],
  ['a time after everything', 9999, [none, -1, -1, -1]],
] as const)('ListOffsets: %s', async (_, timestamp, expected) => {
  expect(await offsetOf({ timestamp })).toEqual(expected);
});

test('ListOffsets refuses names that its version does not know, and other epochs', async () => {
  expect((await offsetOf({ timestamp: -3 }, 6))[0]).toBe(ErrorCode.UNSUPPORTED_VERSION);
  expect((await offsetOf({ timestamp: -7 }))[0]).toBe(ErrorCode.UNSUPPORTED_VERSION);
  expect((await offsetOf({ currentLeaderEpoch: 0 }))[0]).toBe(ErrorCode.FENCED_LEADER_EPOCH);
  expect((await offsetOf({ partitionIndex: 5 }))[0]).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('ListOffsets: a batch that cannot be read any more is a storage error of its partition alone', async () => {
  const id = 'DDDDDDDDDDDDDDDDDDDDDQ';
  cluster.controller.createTopic({ name: 'damaged', topicId: id, replicas: [[1]] });
  await produce(broker, { topicId: id, records: batchOf(['a'.repeat(100)], { codec: 'gzip' }) });
  const file = broker.world.disk.open(`${broker.directory}/damaged-0/00000000000000000000.log`, 'write');
  file.write([Buffer.alloc(16)], 65);
  file.close();
  const asked = { partitionIndex: 0, timestamp: 1 };
  const topics = ['damaged', 'events'].map((name) => ({ name, partitions: [asked] }));
  const response = await broker.request(ListOffsets, { replicaId: -1, isolationLevel: 0, topics });
  const errors = response.topics.map(({ partitions }) => partitions[0]?.errorCode);
  expect(errors).toEqual([ErrorCode.KAFKA_STORAGE_ERROR, none]);
});

test.each([
  [0, [none, 0, 2]],
  [1, [none, 1, 4]],
  [2, [none, -1, -1]],
] as const)('OffsetForLeaderEpoch: epoch %i', async (leaderEpoch, expected) => {
  const topics = [{ topic: 'events', partitions: [{ partition: 0, leaderEpoch }] }];
  const response = await broker.request(OffsetForLeaderEpoch, { topics });
  const answer = response.topics[0]?.partitions[0];
  expect([answer?.errorCode, answer?.leaderEpoch, answer?.endOffset]).toEqual(expected);
});

test('DescribeProducers shows the producer and its last sequence', async () => {
  const response = await broker.request(DescribeProducers, { topics: [{ name: 'events', partitionIndexes: [0, 8] }] });
  const [known, unknown] = response.topics[0]?.partitions ?? [];
  expect(known?.activeProducers).toMatchObject([{ producerId: 7, producerEpoch: 2, lastSequence: 0 }]);
  expect(unknown?.errorCode).toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
});

test('DescribeLogDirs shows sizes per partition, of all topics or of the ones asked for', async () => {
  const all = await broker.request(DescribeLogDirs, { topics: null });
  const directory = all.results[0];
  expect(directory?.logDir).toBe(broker.directory);
  expect(directory?.totalBytes).toBeGreaterThan(0);
  const sizes = directory?.topics[0]?.partitions.map((partition) => [
    partition.partitionIndex,
    partition.partitionSize > 0,
  ]);
  expect(sizes).toEqual([
    [0, true],
    [1, false],
  ]);
  const one = await broker.request(DescribeLogDirs, { topics: [{ topic: 'events', partitions: [1] }] });
  expect(one.results[0]?.topics[0]?.partitions.map((partition) => partition.partitionIndex)).toEqual([1]);
});

test('trap 8: after an election the end is not known until the high watermark reaches the new epoch', async () => {
  const pair = await TestCluster.start({ brokers: 2 });
  try {
    pair.controller.createTopic({ name: 'events', topicId, replicas: [[1, 2]] });
    const leader = pair.broker(1);
    await produce(leader, { topicId, values: ['committed'] });
    pair.cut(2, 1);
    await produce(leader, { topicId, values: ['not committed'], acks: 1 });
    pair.controller.elect(topicId, 0, { leader: 1 });
    const errorOf = async (timestamp: number, version: number): Promise<number | undefined> => {
      const topics = [{ name: 'events', partitions: [{ partitionIndex: 0, timestamp }] }];
      const answer = await leader.request(ListOffsets, { replicaId: -1, isolationLevel: 0, topics }, { version });
      return answer.topics[0]?.partitions[0]?.errorCode;
    };
    expect(await errorOf(-1, 5)).toBe(ErrorCode.OFFSET_NOT_AVAILABLE);
    expect(await errorOf(-1, 4)).toBe(ErrorCode.LEADER_NOT_AVAILABLE);
    expect(await errorOf(-2, 5)).toBe(ErrorCode.NONE);
    pair.heal(2, 1);
    await until(() => leader.replicas.get('events', 0)?.highWatermark === 2, 'the follower');
    expect(await errorOf(-1, 5)).toBe(ErrorCode.NONE);
  } finally {
    await pair.stop();
  }
});
