/**
 * Produce and fetch over loopback against the limit program, in turns: one client process that sends prebuilt requests,
 * many in flight, to a broker and to a program that only does what cannot be left out.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@tidelog/net';
import { DeleteTopics } from '@tidelog/protocol';
import type { LimitOrder } from '../programs/limit-server.ts';
import type { LoadOrder, LoadResult } from '../programs/load.ts';
import { BrokerProcess, tidelog } from '../support/broker-process.ts';
import { connectTo, createTopics, firstAcknowledgedRecord, logEndOffset } from '../support/client.ts';
import { figureOf, type Figure, type Goal } from '../support/figure.ts';
import { Forked } from '../support/forked.ts';
import type { Part, PartContext } from '../support/part.ts';
import { cpuSeconds } from '../support/process-facts.ts';
import { fetchRequest, produceRequest, type Shape } from '../support/requests.ts';

const shapes: readonly (Shape & { readonly name: string; readonly requests: number; readonly inFlight: number })[] = [
  { name: '100 B in 16 KiB', recordBytes: 100, requestBytes: 16 << 10, requests: 24_000, inFlight: 64 },
  { name: '1 KiB in 16 KiB', recordBytes: 1024, requestBytes: 16 << 10, requests: 24_000, inFlight: 64 },
  { name: '100 B in 1 MiB', recordBytes: 100, requestBytes: 1 << 20, requests: 600, inFlight: 8 },
  { name: '1 KiB in 1 MiB', recordBytes: 1024, requestBytes: 1 << 20, requests: 600, inFlight: 8 },
];

interface Bench {
  readonly broker: BrokerProcess;
  readonly connection: Connection;
  readonly limit: Forked;
  readonly limitPort: number;
  readonly load: Forked;
  topics: number;
}

export const produceThroughput: Part = {
  name: 'produce',
  about: 'produce over loopback against a limit program',
  run: (context) => withBench(async (bench) => await measureShapes(bench, context, 'produce')),
};

export const fetchThroughput: Part = {
  name: 'fetch',
  about: 'fetch over loopback against a limit program',
  run: (context) => withBench(async (bench) => await measureShapes(bench, context, 'fetch')),
};

async function withBench(measure: (bench: Bench) => Promise<Figure[]>): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tidelog-bench-limit-'));
  await using broker = await BrokerProcess.prepare(tidelog, { 'log.segment.delete.delay.ms': 1000 });
  using limit = new Forked('limit-server.ts', [join(directory, 'limit')]);
  using load = new Forked('load.ts');
  const { port: limitPort } = await limit.next<{ port: number }>();
  broker.spawn();
  const connection = connectTo(broker.port);
  try {
    await firstAcknowledgedRecord(connection, 'warm');
    return await measure({ broker, connection, limit, limitPort, load, topics: 0 });
  } finally {
    connection.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureShapes(bench: Bench, { rounds }: PartContext, kind: LoadOrder['kind']): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const shape of shapes) {
    const ours: Sample[] = [];
    const theirs: Sample[] = [];
    // The first round warms both up.
    for (let round = -1; round < rounds; round++) {
      const limit = await onLimit(bench, shape, kind);
      const broker = await onBroker(bench, shape, kind);
      if (round < 0) continue;
      ours.push(broker);
      theirs.push(limit);
    }
    const goal: Goal = { kind: 'atLeast', value: 0.6, of: 'ratio' };
    figures.push(
      figureOf({
        part: kind,
        name: shape.name,
        unit: 'MiB/s',
        values: ours.map(({ mebibytesPerSecond }) => mebibytesPerSecond),
        against: { name: 'limit', values: theirs.map(({ mebibytesPerSecond }) => mebibytesPerSecond) },
        ...(kind === 'produce' ? { goals: [goal] } : {}),
      }),
      figureOf({
        part: kind,
        name: `${shape.name}: server CPU`,
        unit: 'ms/GiB',
        values: ours.map(({ cpuPerGibibyte }) => cpuPerGibibyte),
        against: { name: 'limit', values: theirs.map(({ cpuPerGibibyte }) => cpuPerGibibyte) },
      }),
    );
  }
  return figures;
}

interface Sample {
  readonly mebibytesPerSecond: number;
  readonly cpuPerGibibyte: number;
}

type BenchShape = (typeof shapes)[number];

async function onLimit(bench: Bench, shape: BenchShape, kind: LoadOrder['kind']): Promise<Sample> {
  const { frame, batchAt, batchBytes } = produceRequest('limit', shape);
  const told = { kind: 'produce', batchAt: batchAt + 4, batchBytes, frameBytes: frame.length } satisfies LimitOrder;
  const run = await sample(bench, {
    shape,
    pid: bench.limit.pid,
    order: { port: bench.limitPort, topic: 'limit' },
    told,
  });
  if (kind === 'produce') return run;
  const frameBytes = fetchRequest('limit', { offset: 0, maxBytes: batchBytes }).length;
  const fetch: LimitOrder = { kind: 'fetch', batchAt: 0, batchBytes, frameBytes };
  return await sample(bench, {
    shape,
    pid: bench.limit.pid,
    order: { port: bench.limitPort, topic: 'limit' },
    told: fetch,
  });
}

async function onBroker(bench: Bench, shape: BenchShape, kind: LoadOrder['kind']): Promise<Sample> {
  const topic = `bench-${String(bench.topics++).padStart(4, '0')}`;
  await createTopics(bench.connection, [{ name: topic, partitions: 1 }]);
  await firstAcknowledgedRecord(bench.connection, 'warm');
  const order = { port: bench.broker.port, topic };
  const produced = await sample(bench, { shape, pid: bench.broker.pid, order, kind: 'produce' });
  const end = await logEndOffset(bench.connection, topic);
  const expected = shape.requests * produceRequest(topic, shape).records;
  if (end !== expected) throw new Error(`${topic} ends at ${end}, not at ${expected}: requests were refused`);
  const result = kind === 'produce' ? produced : await sample(bench, { shape, pid: bench.broker.pid, order, kind });
  await bench.connection.send(DeleteTopics, { topicNames: [topic], timeoutMs: 10_000 }, { version: 5 });
  return result;
}

interface Run {
  readonly shape: BenchShape;
  readonly pid: number;
  readonly order: { readonly port: number; readonly topic: string };
  readonly kind?: LoadOrder['kind'];
  readonly told?: LimitOrder;
}

async function sample({ limit, load }: Bench, { shape, pid, order, kind, told }: Run): Promise<Sample> {
  if (told !== undefined) await limit.ask(told);
  // Nobody pays for what was written before: with many unwritten pages the kernel holds up whoever writes next.
  spawnSync('sync');
  const { requests, inFlight } = shape;
  const cpuBefore = cpuSeconds(pid);
  const full: LoadOrder = { ...order, kind: told?.kind ?? kind ?? 'produce', shape, requests, inFlight };
  const { bytes, seconds } = await load.ask<LoadResult>(full);
  const mebibytes = bytes / (1 << 20);
  const cpu = cpuSeconds(pid) - cpuBefore;
  return { mebibytesPerSecond: mebibytes / seconds, cpuPerGibibyte: (cpu * 1000) / (mebibytes / 1024) };
}
