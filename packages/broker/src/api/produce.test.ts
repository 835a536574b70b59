import { afterAll, beforeAll, expect, test } from 'vitest';
import { ErrorCode, InitProducerId, Produce, DeleteRecords } from '@tidelog/protocol';
import { fetch, listOffset, produce, until } from '../testing/client.ts';
import { batchOf, valuesIn } from '../testing/records.ts';
import { TestCluster } from '../testing/test-cluster.ts';
import type { TestBroker } from '../testing/test-broker.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
const unknownId = 'UUUUUUUUUUUUUUUUUUUUUQ';
let cluster: TestCluster;
let broker: TestBroker;

beforeAll(async () => {
  cluster = await TestCluster.start({ brokers: 1 });
  cluster.controller.createTopic({ name: 'events', topicId, replicas: [[1], [1]] });
  cluster.controller.createTopic({ name: '__consumer_offsets', topicId: 'OOOOOOOOOOOOOOOOOOOOOQ', replicas: [[1]] });
  broker = cluster.broker(1);
});

afterAll(() => cluster.stop());

test('what is produced is fetched, at the offsets that were answered', async () => {
  const first = await produce(broker, { topicId, values: ['a', 'b'] });
  const second = await produce(broker, { topicId, values: ['c'], acks: 1 });
  expect([first.errorCode, first.baseOffset, first.logStartOffset]).toEqual([ErrorCode.NONE, 0, 0]);
  expect(second.baseOffset).toBe(2);
  const answer = await fetch(broker, { topicId, offset: 0 });
  expect(valuesIn(answer.records)).toEqual(['0:a', '1:b', '2:c']);
  expect(answer.highWatermark).toBe(3);
  expect(await listOffset(broker, 'events', -1)).toBe(3);
  expect(await listOffset(broker, 'events', -2)).toBe(0);
});

test('requests of one connection keep their order though each waits for its write', async () => {
  const answers = await Promise.all(
    ['p', 'q', 'r'].map((value) => produce(broker, { topicId, partition: 1, values: [value] })),
  );
  expect(answers.map((answer) => answer.baseOffset)).toEqual([0, 1, 2]);
  const { records } = await fetch(broker, { topicId, partition: 1, offset: 0 });
  expect(valuesIn(records)).toEqual(['0:p', '1:q', '2:r']);
});

test.each([
  ['an unknown topic id', { topicId: unknownId }, ErrorCode.UNKNOWN_TOPIC_ID],
  ['an unknown partition', { topicId, partition: 9 }, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ['acks that do not exist', { topicId, acks: 2 }, ErrorCode.INVALID_REQUIRED_ACKS],
  ['no records', { topicId, records: null }, ErrorCode.INVALID_RECORD],
  ['a client in an internal topic', { topicId: 'OOOOOOOOOOOOOOOOOOOOOQ' }, ErrorCode.INVALID_TOPIC_EXCEPTION],
  [
    'a transactional batch without an id',
    { topicId, records: batchOf(['t'], { producerId: 1, producerEpoch: 0, baseSequence: 0, isTransactional: true }) },
    ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
  ],
])('%s is refused', async (_, options, error) => {
  const answer = await produce(broker, options);
  expect(answer.errorCode).toBe(error);
  expect(answer.baseOffset).toBe(-1);
});

test("Kafka's admin client may write to internal topics", async () => {
  const answer = await produce(broker, { topicId: 'OOOOOOOOOOOOOOOOOOOOOQ', clientId: '__admin_client' });
  expect(answer.errorCode).toBe(ErrorCode.NONE);
});

test('zstd needs version 7, two batches are refused', async () => {
  const topicData = (records: ReturnType<typeof batchOf>) => [
    { name: 'events', partitionData: [{ index: 0, records }] },
  ];
  const errorOf = async (records: ReturnType<typeof batchOf>, version: number): Promise<number | undefined> => {
    const response = await broker.request(
      Produce,
      { acks: 1, timeoutMs: 1000, topicData: topicData(records) },
      { version },
    );
    return response.responses[0]?.partitionResponses[0]?.errorCode;
  };
  expect(await errorOf(batchOf(['z'], { codec: 'zstd' }), 6)).toBe(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
  expect(await errorOf(batchOf(['z'], { codec: 'zstd' }), 7)).toBe(ErrorCode.NONE);
  const { Chunks } = await import('@tidelog/core');
  expect(await errorOf(Chunks.join([batchOf(['1']), batchOf(['2'])]), 9)).toBe(ErrorCode.INVALID_RECORD);
});

test('with acks=0 nothing is answered, and a failure closes the connection', async () => {
  const before = await listOffset(broker, 'events', -1);
  const send = (partition: number): Promise<unknown> =>
    broker.request(Produce, {
      acks: 0,
      timeoutMs: 1000,
      topicData: [{ topicId, partitionData: [{ index: partition, records: batchOf(['0']) }] }],
    });
  expect(await send(0)).toBeUndefined();
  await until(() => (broker.replicas.get('events', 0)?.logEndOffset ?? 0) > before, 'the write');
  await expect(send(9)).rejects.toThrow('UNKNOWN_TOPIC_OR_PARTITION');
});

test('an idempotent producer that repeats itself gets the first answer again', async () => {
  const ids = await broker.request(InitProducerId, { transactionalId: null, transactionTimeoutMs: 0 });
  expect(ids.producerEpoch).toBe(0);
  const batch = (baseSequence: number): ReturnType<typeof batchOf> =>
    batchOf(['i'], { producerId: ids.producerId, producerEpoch: 0, baseSequence });
  const first = await produce(broker, { topicId, records: batch(0) });
  const again = await produce(broker, { topicId, records: batch(0) });
  expect([again.errorCode, again.baseOffset]).toEqual([ErrorCode.NONE, first.baseOffset]);
  const gap = await produce(broker, { topicId, records: batch(5) });
  expect(gap.errorCode).toBe(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER);
});

test('producer ids are never given twice, over many blocks', async () => {
  const seen = new Set<number>();
  for (let i = 0; i < 35; i++) {
    const { producerId } = await broker.request(InitProducerId, { transactionalId: null, transactionTimeoutMs: 0 });
    expect(seen.has(producerId)).toBe(false);
    seen.add(producerId);
  }
});

test('DeleteRecords moves the log start; further than the high watermark is out of range', async () => {
  const highWatermark = await listOffset(broker, 'events', -1);
  const remove = async (offset: number): Promise<readonly [number | undefined, number | undefined]> => {
    const topics = [{ name: 'events', partitions: [{ partitionIndex: 0, offset }] }];
    const answer = (await broker.request(DeleteRecords, { topics, timeoutMs: 1000 })).topics[0]?.partitions[0];
    return [answer?.errorCode, answer?.lowWatermark];
  };
  expect(await remove(highWatermark + 1)).toEqual([ErrorCode.OFFSET_OUT_OF_RANGE, -1]);
  expect(await remove(2)).toEqual([ErrorCode.NONE, 2]);
  expect((await fetch(broker, { topicId, offset: 0 })).errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE);
  expect(await remove(-1)).toEqual([ErrorCode.NONE, highWatermark]);
  expect(await listOffset(broker, 'events', -2)).toBe(highWatermark);
});
