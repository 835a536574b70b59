/**
 * A broker compacts one log of several hundred megabytes: bytes read and written per second, and per second of the
 * processor time of the whole process, and how late its event loop is meanwhile by its own metric, whose timer ticks
 * every 10 ms, against the same when it has nothing to do. The topic becomes a compacted one when it is full.
 */
import { randomBytes } from 'node:crypto';
import { Chunks } from '@tidelog/core';
import type { Connection } from '@tidelog/net';
import {
  buildBatch,
  CreateTopics,
  DeleteTopics,
  ErrorCode,
  errorName,
  IncrementalAlterConfigs,
  Produce,
  type Codec,
} from '@tidelog/protocol';
import { BrokerProcess, tidelog } from '../support/broker-process.ts';
import { connectTo, firstAcknowledgedRecord } from '../support/client.ts';
import { atLeast, atMost, figureOf, type Figure } from '../support/figure.ts';
import { inLanes } from '../support/lanes.ts';
import type { Part, PartContext } from '../support/part.ts';
import { pause } from '../support/pause.ts';
import { cpuSeconds } from '../support/process-facts.ts';
import { scrape } from '../support/scrape.ts';

interface Shape {
  readonly name: string;
  readonly valueBytes: number;
  readonly perBatch: number;
  /** Each with keys of its own, sent so many times over. */
  readonly batches: number;
  readonly times: number;
  readonly codec: Codec;
}

const shapes: readonly Shape[] = [
  { name: '1 KiB', valueBytes: 1000, perBatch: 16, batches: 3000, times: 8, codec: 'none' },
  { name: '100 B', valueBytes: 76, perBatch: 160, batches: 3000, times: 8, codec: 'none' },
  { name: '1 KiB, lz4', valueBytes: 1000, perBatch: 16, batches: 3000, times: 16, codec: 'lz4' },
];
const segmentBytes = 100 << 20;
const bytesRead = 'kafka_log_logcleaner_bytes_read_total';
const bytesWritten = 'kafka_log_logcleaner_bytes_written_total';
const cleanings = 'kafka_log_logcleaner_cleanings_total';
const loopDelay = 'nodejs_eventloop_lag_p99_seconds';
/** ConfigResource.Type.TOPIC and AlterConfigOp.OpType.SET. */
const topicResource = 2;
const setOperation = 0;

interface Sample {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly delayMs: number;
  readonly idleDelayMs: number;
}

export const compaction: Part = {
  name: 'compaction',
  about: 'a broker compacts a log: bytes a second, and how late its event loop is meanwhile',
  async run(context) {
    await using broker = await BrokerProcess.prepare(tidelog, { 'log.cleaner.backoff.ms': 200 });
    broker.spawn();
    const connection = connectTo(broker.port);
    try {
      await firstAcknowledgedRecord(connection, 'warm');
      const figures: Figure[] = [];
      for (const shape of shapes) figures.push(...(await measureShape({ broker, connection }, shape, context)));
      return figures;
    } finally {
      connection.close();
    }
  },
};

interface Subject {
  readonly broker: BrokerProcess;
  readonly connection: Connection;
}

async function measureShape(subject: Subject, shape: Shape, { rounds, note }: PartContext): Promise<Figure[]> {
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round++) {
    const topic = `compacted-${shapes.indexOf(shape)}-${round}`;
    const sample = await measure(subject, topic, shape);
    note(`${shape.name}: ${JSON.stringify(sample)}`);
    samples.push(sample);
  }
  const figure = { part: 'compaction', rounds: samples.length };
  return [
    figureOf({
      ...figure,
      name: `${shape.name}: read and written`,
      unit: 'MB/s',
      values: samples.map((one) => one.perSecond),
      goals: atLeast(100),
    }),
    figureOf({
      ...figure,
      name: `${shape.name}: read and written of CPU time`,
      unit: 'MB/s',
      values: samples.map((one) => one.perCpuSecond),
      goals: atLeast(100),
    }),
    figureOf({
      ...figure,
      name: `${shape.name}: event loop delay p99`,
      unit: 'ms',
      values: samples.map((one) => one.delayMs),
      against: { name: 'idle broker', values: samples.map((one) => one.idleDelayMs) },
      goals: atMost(20),
    }),
  ];
}

async function measure({ broker, connection }: Subject, topic: string, shape: Shape): Promise<Sample> {
  await createUncompacted(connection, topic);
  await fill(connection, topic, shape);
  const read = (name: string): Promise<number> => scrape(broker.httpPort, name);
  // Each look at the delay begins a new series.
  await read(loopDelay);
  await pause(3000);
  const idleDelayMs = (await read(loopDelay)) * 1000;
  const before = { bytes: (await read(bytesRead)) + (await read(bytesWritten)), cleanings: await read(cleanings) };
  await read(loopDelay);
  const cpuBefore = cpuSeconds(broker.pid);
  await compact(connection, topic);
  const seconds = await untilCompacted(broker, topic);
  const cpu = cpuSeconds(broker.pid) - cpuBefore;
  const delayMs = (await read(loopDelay)) * 1000;
  const megabytes = ((await read(bytesRead)) + (await read(bytesWritten)) - before.bytes) / 1e6;
  if ((await read(cleanings)) - before.cleanings !== 1) throw new Error('it was not one cleaning that was measured');
  await connection.send(DeleteTopics, { topicNames: [topic], timeoutMs: 10_000 }, { version: 5 });
  return { perSecond: megabytes / seconds, perCpuSecond: megabytes / cpu, delayMs, idleDelayMs };
}

async function createUncompacted(connection: Connection, name: string): Promise<void> {
  const configs = [
    { name: 'segment.bytes', value: String(segmentBytes) },
    { name: 'min.cleanable.dirty.ratio', value: '0.2' },
  ];
  const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs }];
  const request = { topics, timeoutMs: 60_000, validateOnly: false };
  const response = await connection.send(CreateTopics, request, { version: 5 });
  mustSucceed(`creating ${name}`, response.topics[0]?.errorCode);
  await pause(500);
}

async function fill(connection: Connection, topic: string, shape: Shape): Promise<void> {
  const batches = Array.from({ length: shape.batches }, (_, i) => Chunks.of(batchOf(shape, i)));
  await inLanes({ count: shape.batches * shape.times, lanes: 16 }, async (i) => {
    const records = batches[i % batches.length] ?? null;
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
    const { responses } = await connection.send(Produce, { acks: 1, timeoutMs: 30_000, topicData }, { version: 9 });
    mustSucceed(`producing to ${topic}`, responses[0]?.partitionResponses[0]?.errorCode);
  });
}

const noise = randomBytes(1 << 20);

/** A half of each value can be compressed away. */
function batchOf({ valueBytes, perBatch, codec }: Shape, batch: number): Buffer {
  const timestamp = Date.now();
  const records = Array.from({ length: perBatch }, (_, i) => {
    const number = batch * perBatch + i;
    const key = Buffer.from(`key-${number}`.padEnd(16, '.'));
    const at = (number * 7919) % (noise.length - valueBytes);
    const value = Buffer.alloc(valueBytes, '.');
    noise.copy(value, 0, at, at + valueBytes / 2);
    return { key, value, timestamp };
  });
  return buildBatch({ records, codec });
}

async function compact(connection: Connection, resourceName: string): Promise<void> {
  const configs = [{ name: 'cleanup.policy', configOperation: setOperation, value: 'compact' }];
  const resources = [{ resourceType: topicResource, resourceName, configs }];
  const response = await connection.send(IncrementalAlterConfigs, { resources, validateOnly: false });
  mustSucceed(`compacting ${resourceName}`, response.responses[0]?.errorCode);
}

/** Seconds that it took by the broker's account. Its log is looked at, because looking at metrics costs its loop. */
async function untilCompacted(broker: BrokerProcess, topic: string): Promise<number> {
  const deadline = performance.now() + 300_000;
  while (performance.now() < deadline) {
    await pause(100);
    const line = broker.output.split('\n').find((text) => text.includes('log compacted') && text.includes(`${topic}-`));
    const tookMs = /"tookMs":(\d+)/.exec(line ?? '')?.[1];
    if (tookMs !== undefined) return Number(tookMs) / 1000;
  }
  throw new Error(`${topic} was not compacted in five minutes`);
}

function mustSucceed(what: string, errorCode: number | undefined): void {
  if (errorCode !== ErrorCode.NONE) throw new Error(`${what}: ${errorName(errorCode ?? -1)}`);
}
