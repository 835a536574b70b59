import { afterEach, expect, test } from 'vitest';
import { silentLogger } from '@tidelog/core';
import { DeleteRecords, ErrorCode } from '@tidelog/protocol';
import { fetch, pause, produce, until } from '../testing/client.ts';
import { valuesIn } from '../testing/records.ts';
import { TestCluster, type ClusterOptions } from '../testing/test-cluster.ts';

const topicId = 'TTTTTTTTTTTTTTTTTTTTTQ';
let cluster: TestCluster;

afterEach(() => cluster.stop());

async function start(brokers: number, options: Partial<ClusterOptions> = {}): Promise<void> {
  cluster = await TestCluster.start({ brokers, ...options });
  const replicas = Array.from({ length: brokers }, (_, index) => index + 1);
  cluster.controller.createTopic({ name: 'events', topicId, replicas: [replicas] });
}

test('a leader whose disk fails answers KAFKA_STORAGE_ERROR and acknowledges nothing unwritten', async () => {
  await start(1);
  const broker = cluster.broker(1);
  await produce(broker, { topicId, values: ['written'] });
  broker.world.disk.writeFault = 'EIO';
  expect((await produce(broker, { topicId, values: ['lost'] })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  expect((await produce(broker, { topicId })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  expect((await fetch(broker, { topicId, offset: 0 })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  expect((await fetch(broker, { topicId, offset: 0, version: 13 })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  expect(broker.replicas.get('events', 0)?.role).toBe('offline');
});

test('a full disk refuses appends and serves what is there; when there is room again it goes on', async () => {
  await start(1);
  const broker = cluster.broker(1);
  await produce(broker, { topicId, values: ['before'] });
  broker.world.disk.writeFault = 'ENOSPC';
  expect((await produce(broker, { topicId, values: ['no room'] })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  expect(valuesIn((await fetch(broker, { topicId, offset: 0 })).records)).toEqual(['0:before']);
  broker.world.disk.writeFault = undefined;
  const after = await produce(broker, { topicId, values: ['after'] });
  expect([after.errorCode, after.baseOffset]).toEqual([ErrorCode.NONE, 1]);
});

test('a partition for whose log there was no room works when there is', async () => {
  cluster = await TestCluster.start({ brokers: 1 });
  const broker = cluster.broker(1);
  broker.world.disk.writeFault = 'ENOSPC';
  cluster.controller.createTopic({ name: 'events', topicId, replicas: [[1]] });
  expect((await produce(broker, { topicId })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await produce(broker, { topicId })).errorCode).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
  broker.world.disk.writeFault = undefined;
  await until(() => broker.replicas.get('events', 0)?.role === 'leader', 'the log');
  expect((await produce(broker, { topicId })).errorCode).toBe(ErrorCode.NONE);
});

test('a follower that has no room for a while catches up', async () => {
  await start(2);
  await produce(cluster.broker(1), { topicId });
  cluster.broker(2).world.disk.writeFault = 'ENOSPC';
  await produce(cluster.broker(1), { topicId, acks: 1 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(cluster.broker(2).replicas.get('events', 0)?.logEndOffset).toBe(1);
  cluster.broker(2).world.disk.writeFault = undefined;
  await until(() => cluster.broker(2).replicas.get('events', 0)?.logEndOffset === 2, 'the follower');
});

test('a follower that has no room says so once a second, and tries ever less often', async () => {
  const errors: string[] = [];
  await start(2, { logger: { ...silentLogger, error: (_, message) => errors.push(message) } });
  await produce(cluster.broker(1), { topicId });
  cluster.broker(2).world.disk.writeFault = 'ENOSPC';
  const fetchesBefore = cluster.fetches;
  const before = performance.now();
  await produce(cluster.broker(1), { topicId, acks: 1 });
  await pause(700);
  expect(new Set(errors)).toEqual(new Set(['appends to a log failed']));
  expect(errors.length).toBeLessThanOrEqual(Math.ceil((performance.now() - before) / 1000));
  // After 20, 40, 80, 160 and 320 milliseconds; one every 20 would be 35.
  expect(cluster.fetches - fetchesBefore).toBeLessThan(20);
  cluster.broker(2).world.disk.writeFault = undefined;
  await until(() => cluster.broker(2).replicas.get('events', 0)?.logEndOffset === 2, 'the follower');
});

test('DeleteRecords is answered when the followers have deleted too', async () => {
  await start(2);
  for (const value of ['a', 'b', 'c']) await produce(cluster.broker(1), { topicId, values: [value] });
  const topics = [{ name: 'events', partitions: [{ partitionIndex: 0, offset: 2 }] }];
  const response = await cluster.broker(1).request(DeleteRecords, { topics, timeoutMs: 5000 });
  expect(response.topics[0]?.partitions[0]).toMatchObject({ errorCode: ErrorCode.NONE, lowWatermark: 2 });
  expect(cluster.broker(2).replicas.get('events', 0)?.logStartOffset).toBe(2);
});

test('a log that cannot be read any more makes its replica offline', async () => {
  await start(1);
  const broker = cluster.broker(1);
  await produce(broker, { topicId, values: ['a'] });
  await cluster.stopBroker(1);
  const again = await cluster.startBroker(1, broker);
  again.world.disk.readFault = 'EIO';
  const storageError = ErrorCode.KAFKA_STORAGE_ERROR;
  expect((await fetch(again, { topicId, offset: 0 })).errorCode).toBe(storageError);
  expect(again.replicas.get('events', 0)?.role).toBe('offline');
  expect((await produce(again, { topicId })).errorCode).toBe(storageError);
  again.world.disk.readFault = undefined;
});
